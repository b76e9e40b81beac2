import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PortError } from '#core/ports/port-error.ts';
import { errorCode } from '../system-error.ts';

/** The disk is full or has no inodes left, a quota is used up, or the file system is read-only. */
const NO_SPACE_CODES: readonly string[] = ['ENOSPC', 'EDQUOT', 'EROFS'];

/** Whether the operating system refused to store something for want of space. What was to be written does not count. */
export function isNoSpace(error: unknown): boolean {
  return NO_SPACE_CODES.includes(errorCode(error));
}

/** What is used up, or what else keeps a file system from storing anything. */
export type Shortage = 'space' | 'inodes' | 'quota' | 'read-only';

/**
 * Returns why nothing can be stored in a folder; undefined if the error has another cause.
 * @param error of the operating system, or of an adapter with that as its cause
 */
export function shortageOf(folder: string, error: unknown): Shortage | undefined {
  const cause = causesOf(error).find(isNoSpace) ?? probeSpace(folder);
  const isReported = error instanceof PortError && error.kind === 'no_space';
  if (cause === undefined) return isReported ? 'space' : undefined;
  if (errorCode(cause) === 'EROFS') return 'read-only';
  if (errorCode(cause) === 'EDQUOT') return 'quota';
  const { files, ffree } = statfsSync(folder);
  return files > 0 && ffree === 0 ? 'inodes' : 'space';
}

/** Returns an error, its cause, the cause of that, and so on. */
export function causesOf(error: unknown): readonly unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

/** One page of SQLite and of most file systems, so that it needs a block of its own. */
const PAGE_BYTES = 4096;
const CHUNK_BYTES = 256 * 1024;

/**
 * Finds out whether a folder has space: writes a file of this size and removes it, because the free space that the file
 * system reports does not include quotas. Returns the error if there is no space, otherwise undefined.
 */
export function probeSpace(folder: string, bytes = PAGE_BYTES): Error | undefined {
  const path = join(folder, '.probe');
  try {
    const { bavail, bsize } = statfsSync(folder);
    // A file that fills the disk would make the writes of others fail.
    if (bavail * bsize < bytes) return new Error(`${bavail * bsize} of ${bytes} bytes are free`);
    const file = openSync(path, 'w', 0o600);
    try {
      const chunk = Buffer.alloc(Math.min(bytes, CHUNK_BYTES));
      for (let written = 0; written < bytes; ) {
        written += writeSync(file, chunk, 0, Math.min(chunk.length, bytes - written));
      }
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
