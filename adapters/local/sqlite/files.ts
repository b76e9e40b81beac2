import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';

/** SQLite adds these to the name of a database file. */
export const SIDE_FILES = ['-wal', '-shm', '-journal'];

/** A file that is being written has this at the end of its name until it is complete. */
export const DRAFT_SUFFIX = '.draft';

/** Creates an empty file for its owner only, instead of a file with this name. SQLite keeps the mode of a file. */
export function createEmptyFile(path: string): void {
  removeWithSideFiles(path);
  closeSync(openSync(path, 'wx', 0o600));
}

export function removeWithSideFiles(path: string): void {
  for (const suffix of ['', ...SIDE_FILES]) rmSync(`${path}${suffix}`, { force: true });
}

/** Flushes a file, or the names in a folder, to the disk. */
export function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
