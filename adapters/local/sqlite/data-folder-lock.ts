import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isLocked } from './sqlite-errors.ts';

/** Another server uses the folder. */
export class DataDirectoryLocked extends Error {
  readonly code = 'data_directory_locked';

  constructor(path: string, cause: unknown) {
    super(`the data in ${path} is in use by another server: stop it or choose another folder`, { cause });
    this.name = 'DataDirectoryLocked';
  }
}

export interface DataFolderLock {
  /** Further calls do nothing. */
  release(): void;
}

/**
 * Locks a data folder for this process, through an open transaction in the file `lock`. The operating system releases
 * the lock when the process ends, however it ends. It is a file of its own, so that a backup can read the database while
 * the server runs, and so that a server whose records are elsewhere locks its folder as well.
 * @param dataDir an existing folder
 * @throws DataDirectoryLocked
 */
export function lockDataFolder(dataDir: string): DataFolderLock {
  const lock = new DatabaseSync(join(dataDir, 'lock'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isLocked(error)) throw new DataDirectoryLocked(dataDir, error);
    throw error;
  }
  return {
    release() {
      if (lock.isOpen) lock.close();
    },
  };
}
