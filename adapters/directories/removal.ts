import { randomBytes } from 'node:crypto';
import type { Dir } from 'node:fs';
import { chmod, lstat, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';

/** Limits the work of one call. */
export interface RemovalBudget {
  /** Returns false when this call must not delete more. */
  spend(): boolean;
}

/** Allows at most `entries` deletions, and none after `ms` milliseconds, but at least one. */
export function removalBudget(entries: number, ms: number, now: () => number): RemovalBudget {
  const end = now() + ms;
  let spent = 0;
  return {
    spend() {
      if (spent >= entries || (spent > 0 && now() >= end)) return false;
      spent += 1;
      return true;
    },
  };
}

export interface Removal {
  /** Whether nothing is left, the folder itself included. */
  readonly done: boolean;
  /** The number of deleted files and folders. */
  readonly deleted: number;
}

/**
 * A folder whose path below the root is longer than this, in bytes, is moved up to the root before it is
 * emptied. Programs can nest folders beyond the longest path that the system accepts (4,096 bytes on Linux,
 * 1,024 on macOS).
 */
const NESTING_MAX_BYTES = 200;

/**
 * Deletes a folder and its content, as far as the budget allows. Symbolic links are deleted, never followed.
 * Permissions that prevent a deletion are changed. Names are handled as bytes, because they may not be UTF-8.
 *
 * @param root absolute path
 * @throws the system's error when an entry cannot be deleted, for example a mount point or an immutable file
 */
export async function removeSome(root: string, budget: RemovalBudget): Promise<Removal> {
  const path = Buffer.from(root);
  const kind = await lstat(path).catch(undefinedIfMissing);
  if (kind === undefined) return { done: true, deleted: 0 };
  const work: Work = { root: path, budget, deleted: 0 };
  const done = await (kind.isDirectory() ? removeFolder(work, path) : removeFile(work, path, undefined));
  return { done, deleted: work.deleted };
}

interface Work {
  readonly root: Buffer;
  readonly budget: RemovalBudget;
  deleted: number;
}

async function removeFolder(work: Work, path: Buffer): Promise<boolean> {
  // Reading a folder that changes may skip entries. The folder is read again until it can be deleted.
  for (;;) {
    if (!(await emptyFolder(work, path)) || !work.budget.spend()) return false;
    try {
      await withWritePermission(path.equals(work.root) ? undefined : parentOf(path), () => rmdir(path));
      work.deleted += 1;
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return true;
      if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

async function emptyFolder(work: Work, path: Buffer): Promise<boolean> {
  const folder = await openFolder(path);
  if (folder === undefined) return true;
  for await (const entry of folder) {
    // The name is a Buffer here, although the types say string.
    const child = Buffer.concat([path, SLASH, Buffer.from(entry.name)]);
    if (!(await removeEntry(work, path, child, entry.isDirectory()))) return false;
  }
  return true;
}

function removeEntry(work: Work, folder: Buffer, child: Buffer, isFolder: boolean): Promise<boolean> {
  if (!isFolder) return removeFile(work, child, folder);
  const depth = child.length - work.root.length;
  return depth > NESTING_MAX_BYTES && !folder.equals(work.root)
    ? moveUp(work, folder, child)
    : removeFolder(work, child);
}

async function removeFile(work: Work, path: Buffer, folder: Buffer | undefined): Promise<boolean> {
  if (!work.budget.spend()) return false;
  try {
    await withWritePermission(folder, () => unlink(path));
    work.deleted += 1;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  return true;
}

/** Moves a folder to the root, which is read again until it is empty. */
async function moveUp(work: Work, folder: Buffer, child: Buffer): Promise<boolean> {
  if (!work.budget.spend()) return false;
  const above = Buffer.concat([work.root, SLASH, Buffer.from(`.deep-${randomBytes(8).toString('hex')}`)]);
  // A move changes the `..` entry of the folder, so that the folder itself must be writable.
  await withWritePermission(folder, () => withWritePermission(child, () => rename(child, above)));
  return true;
}

async function openFolder(path: Buffer): Promise<Dir | undefined> {
  try {
    return await withWritePermission(path, () => opendir(path, { encoding: 'buffer' as BufferEncoding }));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Calls `act`. If the permissions of the folder prevent it, makes the folder writable and calls `act` again. */
async function withWritePermission<T>(folder: Buffer | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (folder === undefined || (errorCode(error) !== 'EACCES' && errorCode(error) !== 'EPERM')) throw error;
    await chmod(folder, 0o700);
    return await act();
  }
}

const SLASH = Buffer.from('/');

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, path.lastIndexOf(SLASH));
}

function undefinedIfMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
  return undefined;
}
