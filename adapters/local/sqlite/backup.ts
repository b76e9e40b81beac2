import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Connection } from './connection.ts';
import { createEmptyFile, DRAFT_SUFFIX, flush, removeWithSideFiles, SIDE_FILES } from './files.ts';
import { checkStructure, markClosed, readVersion, refuseDamaged } from './opening.ts';
import { MIGRATIONS } from './schema.ts';
import { isDamage } from './sqlite-errors.ts';

/** A backup cannot be written or restored. The message says why. */
export class BackupRefused extends Error {}

export interface BackupFacts {
  readonly bytes: number;
  /** The number of workbenches in it. */
  readonly workbenches: number;
}

/**
 * Writes a copy of the database at `path` to the new file `target`: the state at one moment, in one file. Works while
 * another process has the database open and writes. The copy is checked before it gets its name.
 * @param freeBytes returns the free space in a folder
 * @throws BackupRefused; DatabaseRefused when the database is damaged or no database of this controller
 */
export function writeBackup(
  path: string,
  target: string,
  freeBytes: (folder: string) => number = readFreeBytes,
): BackupFacts {
  if (!existsSync(path)) throw new BackupRefused(`${path} does not exist`);
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(target)) throw new BackupRefused(`${target} exists; choose another name`);
  const needed = 2 * statSync(path).size;
  // A full disk would stop the server that uses the database.
  if (freeBytes(folder) < needed)
    throw new BackupRefused(`the file system of ${folder} needs ${needed} free bytes for a backup`);
  const draft = `${target}${DRAFT_SUFFIX}`;
  try {
    createEmptyFile(draft);
    copyInto(path, draft);
    const facts = finishCopy(draft, path);
    renameSync(draft, target);
    flush(folder);
    return facts;
  } finally {
    removeWithSideFiles(draft);
  }
}

/** The name of a folder with the database before a restore begins with this. */
export const REPLACED_PREFIX = 'replaced-';

/**
 * Returns the names in a folder which show that a restore may have ended midway, if the database file is missing: the
 * folders with the database before a restore, oldest first, and the draft of the new one.
 */
export function listTracesOfRestore(path: string): {
  readonly replaced: readonly string[];
  readonly draft: boolean;
} {
  const names = readdirSync(dirname(path));
  return {
    replaced: names
      .filter((name) => name.startsWith(REPLACED_PREFIX) && !name.endsWith(DRAFT_SUFFIX))
      .toSorted(),
    draft: names.includes(`${basename(path)}${DRAFT_SUFFIX}`),
  };
}

/**
 * Replaces the database at `path` by a backup. The caller has locked the data folder. The database before is kept in a
 * new folder beside it. If the process ends midway, the database before is complete at `path` or in that folder, and
 * `path` is missing until the new one is complete.
 * @param movedTo a folder that does not exist
 * @throws BackupRefused; DatabaseRefused when the backup is damaged or no database of this controller
 */
export function restoreBackup(
  backup: string,
  path: string,
  movedTo: string,
): BackupFacts & { readonly replaced: boolean } {
  if (!existsSync(backup)) throw new BackupRefused(`${backup} does not exist`);
  for (const suffix of SIDE_FILES)
    if (existsSync(`${backup}${suffix}`))
      throw new BackupRefused(
        `${backup}${suffix} exists, so that ${backup} is not a backup but a database in use; make a backup of it`,
      );
  const draft = `${path}${DRAFT_SUFFIX}`;
  try {
    createEmptyFile(draft);
    copyFileSync(backup, draft);
    // The copy has the mode of the backup, which may be open to others or read-only.
    chmodSync(draft, 0o600);
    const facts = finishCopy(draft, backup);
    const replaced = copyWithSideFiles(path, movedTo);
    // The database without its log would be an older state; the log without its database is never used.
    removeWithSideFiles(path);
    flush(dirname(path));
    renameSync(draft, path);
    flush(dirname(path));
    return { ...facts, replaced };
  } finally {
    removeWithSideFiles(draft);
  }
}

/** One read transaction of SQLite: writes of other connections continue and are not part of the copy. */
function copyInto(path: string, draft: string): void {
  const connection = openExisting(path, 'read-only');
  try {
    if (readVersion(connection, path, MIGRATIONS.length) === 0) throw new BackupRefused(`${path} is empty`);
    connection.run('VACUUM INTO ?', draft);
  } catch (error) {
    throw isDamage(error) ? refuseDamaged(path, (error as Error).message, error) : error;
  } finally {
    connection.close();
  }
}

/**
 * Checks a copy completely, removes the marker of the process that has the original open, and flushes the copy. Messages
 * name the original, because the copy is removed after an error.
 */
function finishCopy(draft: string, original: string): BackupFacts {
  const connection = openExisting(draft, 'delete', original);
  let workbenches: number;
  try {
    if (readVersion(connection, original, MIGRATIONS.length) === 0)
      throw new BackupRefused(`${original} is empty`);
    checkStructure(connection, original, { complete: true });
    markClosed(connection);
    workbenches = connection.get<{ n: number }>('SELECT count(*) AS n FROM workbenches')?.n ?? 0;
  } catch (error) {
    throw isDamage(error) ? refuseDamaged(original, (error as Error).message, error) : error;
  } finally {
    connection.close();
  }
  flush(draft);
  return { bytes: statSync(draft).size, workbenches };
}

/**
 * @param name the path for messages
 * @throws DatabaseRefused when the file is no database
 */
function openExisting(path: string, mode: 'delete' | 'read-only', name = path): Connection {
  try {
    return new Connection(path, mode);
  } catch (error) {
    throw isDamage(error) ? refuseDamaged(name, (error as Error).message, error) : error;
  }
}

/**
 * Copies instead of moving: the files must not be divided between two folders. A link to the files would change with
 * them, but not with their log, if the restore ends midway. Returns whether there was a database.
 */
function copyWithSideFiles(path: string, folder: string): boolean {
  if (!existsSync(path)) return false;
  const files = ['', ...SIDE_FILES].map((suffix) => `${path}${suffix}`).filter((file) => existsSync(file));
  if (existsSync(folder)) throw new BackupRefused(`${folder} exists`);
  const draft = `${folder}${DRAFT_SUFFIX}`;
  try {
    mkdirSync(draft, { mode: 0o700 });
    for (const file of files) {
      const copy = join(draft, basename(file));
      copyOrLink(file, copy);
      flush(copy);
    }
    flush(draft);
    renameSync(draft, folder);
    flush(dirname(folder));
    return true;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** A file cannot be copied if the disk is full, or if a part of it cannot be read, which is why it is replaced. */
function copyOrLink(file: string, copy: string): void {
  try {
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
  } catch {
    rmSync(copy, { force: true });
    linkSync(file, copy);
  }
}

function readFreeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
