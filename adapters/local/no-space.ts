import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../system-error.ts';

/** The disk is full or has no inodes left, a quota is used up, or the file system is read-only. */
const NO_SPACE_CODES: readonly string[] = ['ENOSPC', 'EDQUOT', 'EROFS'];

/** Whether the operating system refused to store something for want of space. What was to be written does not count. */
export function isNoSpace(error: unknown): boolean {
  return NO_SPACE_CODES.includes(errorCode(error));
}

/** One page of SQLite and of most file systems, so that it needs a block of its own. */
const PROBE_BYTES = 4096;

/**
 * Finds out why a write in a folder failed, where the error does not say it: writes a small file and removes it. Returns
 * the error if there is no space for it, otherwise undefined.
 */
export function probeSpace(folder: string): Error | undefined {
  const path = join(folder, '.probe');
  try {
    const file = openSync(path, 'w', 0o600);
    try {
      writeSync(file, Buffer.alloc(PROBE_BYTES));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    return isNoSpace(error) ? (error as Error) : undefined;
  } finally {
    removeIfPossible(path);
  }
}

/** On a read-only file system even a file that does not exist cannot be removed. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (!isNoSpace(error)) throw error;
  }
}
