import { randomBytes } from 'node:crypto';
import type { Dir } from 'node:fs';
import { chmod, lstat, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';
import type { CallBudget } from './call-budget.ts';

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
 * How many entries of a folder are read before they are deleted. The folder is closed in between, so that open folders
 * do not use up the process's file descriptors, and memory does not grow with the size of a folder.
 */
const ENTRIES_READ_MAX = 256;

/**
 * Deletes a folder and its content, as far as the budget allows. Symbolic links are deleted, never followed.
 * Permissions that prevent a deletion are changed. Names are handled as bytes, because they may not be UTF-8.
 *
 * @param root absolute path
 * @param concurrency how many entries are deleted at the same time. Linux deletes the entries of one folder one after
 * another, so that entries of several folders are deleted at the same time, too.
 * @throws the system's error when an entry cannot be deleted, for example a mount point or an immutable file; no
 * deletion goes on then
 */
export async function removeSome(root: string, budget: CallBudget, concurrency: number): Promise<Removal> {
  const path = Buffer.from(root);
  const kind = await lstat(path).catch(undefinedIfMissing);
  if (kind === undefined) return { done: true, deleted: 0 };
  const work = new Work(path, budget, concurrency);
  await work.attempt(() =>
    kind.isDirectory() ? removeFolder(work, path) : removeFile(work, path, undefined),
  );
  if (work.failure !== undefined) throw work.failure.error;
  return { done: !work.stopped, deleted: work.deleted };
}

/** The state that all deletions of one call share. */
class Work {
  readonly root: Buffer;
  deleted = 0;
  /** The first error. */
  failure: { readonly error: unknown } | undefined;
  readonly #budget: CallBudget;
  /** How many further deletions may run at the same time as those that run now. */
  #free: number;
  #stopped = false;

  constructor(root: Buffer, budget: CallBudget, concurrency: number) {
    this.root = root;
    this.#budget = budget;
    this.#free = concurrency - 1;
  }

  /** Whether no deletion may begin, because the budget is used up or one has failed. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Returns false when no deletion may begin. */
  spend(): boolean {
    if (!this.#stopped && !this.#budget.spend()) this.#stopped = true;
    return !this.#stopped;
  }

  /** Never rejects: stores the error, so that the caller can wait for the other deletions before it reports the error. */
  async attempt(remove: () => Promise<void>): Promise<void> {
    try {
      await remove();
    } catch (error) {
      this.#stopped = true;
      this.failure ??= { error };
    }
  }

  /**
   * Calls `remove` for each item, and returns when all calls have ended. A call runs at the same time as the next one if
   * `concurrency` allows it. Otherwise the caller waits for it, so that nested calls never wait for each other.
   */
  async removeEach<T>(items: Iterable<T>, remove: (item: T) => Promise<void>): Promise<void> {
    const running: Promise<void>[] = [];
    for (const item of items) {
      if (this.#stopped) break;
      const removal = this.#free > 0 ? this.#attemptBeside(() => remove(item)) : undefined;
      if (removal === undefined) await this.attempt(() => remove(item));
      else running.push(removal);
    }
    await Promise.all(running);
  }

  async #attemptBeside(remove: () => Promise<void>): Promise<void> {
    this.#free -= 1;
    await this.attempt(remove);
    this.#free += 1;
  }
}

async function removeFolder(work: Work, path: Buffer): Promise<void> {
  // Reading a folder that changes may skip entries. The folder is read again until it can be deleted.
  for (;;) {
    await emptyFolder(work, path);
    if (!work.spend()) return;
    try {
      await withWritePermission(path.equals(work.root) ? undefined : parentOf(path), () => rmdir(path));
      work.deleted += 1;
      return;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

async function emptyFolder(work: Work, path: Buffer): Promise<void> {
  for (;;) {
    const entries = await readEntries(path);
    await work.removeEach(entries, ({ name, isFolder }) => {
      const child = Buffer.concat([path, SLASH, name]);
      return isFolder ? removeSubfolder(work, path, child) : removeFile(work, child, path);
    });
    if (work.stopped || entries.length < ENTRIES_READ_MAX) return;
  }
}

function removeSubfolder(work: Work, folder: Buffer, child: Buffer): Promise<void> {
  const depth = child.length - work.root.length;
  return depth > NESTING_MAX_BYTES && !folder.equals(work.root)
    ? moveUp(work, folder, child)
    : removeFolder(work, child);
}

async function removeFile(work: Work, path: Buffer, folder: Buffer | undefined): Promise<void> {
  if (!work.spend()) return;
  try {
    await withWritePermission(folder, () => unlink(path));
    work.deleted += 1;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Moves a folder to the root, which is read again until it is empty. */
async function moveUp(work: Work, folder: Buffer, child: Buffer): Promise<void> {
  if (!work.spend()) return;
  const above = Buffer.concat([work.root, SLASH, Buffer.from(`.deep-${randomBytes(8).toString('hex')}`)]);
  // A move changes the `..` entry of the folder, so that the folder itself must be writable.
  await withWritePermission(folder, () => withWritePermission(child, () => rename(child, above)));
}

interface Entry {
  readonly name: Buffer;
  readonly isFolder: boolean;
}

/** Returns the first entries of a folder: all of them if there are fewer than ENTRIES_READ_MAX. */
async function readEntries(path: Buffer): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  // Leaving the loop closes the folder.
  for await (const entry of (await openFolder(path)) ?? []) {
    // The name is a Buffer here, although the types say string.
    entries.push({ name: Buffer.from(entry.name), isFolder: entry.isDirectory() });
    if (entries.length === ENTRIES_READ_MAX) break;
  }
  return entries;
}

async function openFolder(path: Buffer): Promise<Dir | undefined> {
  try {
    return await withWritePermission(path, () => opendir(path, OPEN_OPTIONS));
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
const OPEN_OPTIONS = { encoding: 'buffer' as BufferEncoding, bufferSize: ENTRIES_READ_MAX };

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, path.lastIndexOf(SLASH));
}

function undefinedIfMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
  return undefined;
}
