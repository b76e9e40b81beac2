import { randomBytes } from 'node:crypto';
import type { Dir } from 'node:fs';
import { chmod, lstat, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';

/** How much one call may do. */
export interface RemovalBudget {
  /** Answers false when no more may be deleted by this call. */
  spend(): boolean;
}

/** At most `entries`, and nothing more once `ms` milliseconds have passed; at least one. */
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
  /** Nothing is left, the folder itself included. */
  readonly done: boolean;
  /** Files and folders deleted. */
  readonly deleted: number;
}

/**
 * A folder deeper down than this (bytes of its path below the root) is moved up to the root before it is
 * emptied: programs can nest folders beyond the longest path that the system takes (4,096 bytes on Linux,
 * 1,024 on macOS).
 */
const NESTING_MAX_BYTES = 200;

/**
 * Removes a folder and what is in it, as far as the budget goes. Symbolic links are deleted, never followed;
 * what is in the way by its permissions is given others; names are bytes and need not be text.
 *
 * @param root absolute
 * @throws the system's error when something cannot be deleted (it is mounted, or immutable)
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
  // A folder that is changed while it is read may leave entries out: it is read until it can be deleted.
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
    // Read as bytes; the types only know of text.
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

/** The root is read again until it is empty, and finds it there. */
async function moveUp(work: Work, folder: Buffer, child: Buffer): Promise<boolean> {
  if (!work.budget.spend()) return false;
  const above = Buffer.concat([work.root, SLASH, Buffer.from(`.deep-${randomBytes(8).toString('hex')}`)]);
  // Moving a folder changes its `..`, for which it must be writable itself.
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

/** Does something; when permissions are in the way, gives the folder others and does it once more. */
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
