import { isUtf8 } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { access, type FileHandle, mkdir, open, opendir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { errorCode } from '../../../system-error.ts';
import { FileProblem } from './file-problem.ts';

/** The largest file that is opened or saved: 1 MiB. */
export const FILE_MAX_BYTES = 1024 * 1024;
/** A folder is shown up to here. */
const ENTRIES_MAX = 2000;
/** Paths are no longer than this, bytes. */
const PATH_MAX_BYTES = 1024;
const DRAFT_NAME = /^\.wb-save-[0-9a-f]{16}$/;

export interface Entry {
  readonly name: string;
  /** `other`: neither a file nor a folder that can be opened here. */
  readonly kind: 'file' | 'folder' | 'other';
  /** Bytes; of files only. */
  readonly size?: number;
}

export interface Listing {
  readonly entries: readonly Entry[];
  /** There are more, which are not shown. */
  readonly truncated: boolean;
}

/** What a save takes for granted: that the file still has this tag, or that there is none. */
export type Expected = { readonly tag: string } | 'absent';

/**
 * The files of one folder and of the folders in it, by relative paths (`a/b.txt`, `''` for the folder itself).
 * Nothing outside is reached: symbolic links are followed only where they lead to a place inside.
 */
export class FolderFiles {
  readonly #root: string;
  readonly #saves = new Map<string, Promise<unknown>>();

  /** @param root an absolute path without symbolic links */
  constructor(root: string) {
    this.#root = root;
  }

  /** Folders first, each sort by name. */
  async list(path: string): Promise<Listing> {
    const folder = await this.#find(path);
    const entries: Entry[] = [];
    let truncated = false;
    for await (const found of await withFileProblem(() => opendir(folder))) {
      if (DRAFT_NAME.test(found.name)) continue;
      truncated = entries.length === ENTRIES_MAX;
      if (truncated) break;
      entries.push(await this.#describe(folder, found));
    }
    return { entries: entries.sort(foldersFirst), truncated };
  }

  /** A text file, with a tag that is another one when its content is. */
  async read(path: string): Promise<{ content: Buffer; tag: string }> {
    const content = await readWhole(await this.#find(path));
    if (content.includes(0) || !isUtf8(content)) {
      throw new FileProblem('binary', 'This is not a text file, and cannot be edited here.');
    }
    return { content, tag: tagOf(content) };
  }

  /** Saves a file whole or not at all. Answers its new tag. */
  async save(path: string, content: Buffer, expected: Expected): Promise<string> {
    if (content.length > FILE_MAX_BYTES) throw tooLarge();
    if (expected === 'absent') await this.#create(path, content);
    else await this.#replace(path, content, expected.tag);
    return tagOf(content);
  }

  async makeFolder(path: string): Promise<void> {
    const folder = await this.#findNew(path);
    await withFileProblem(() => mkdir(folder));
  }

  async #create(path: string, content: Buffer): Promise<void> {
    const file = await this.#findNew(path);
    const handle = await withFileProblem(() => open(file, 'wx', 0o666));
    try {
      await writeAll(handle, content);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }

  async #replace(path: string, content: Buffer, tag: string): Promise<void> {
    const file = await this.#find(path).catch((error: unknown) => {
      const gone = error instanceof FileProblem && error.code === 'not_found';
      throw gone ? new FileProblem('deleted', 'The file has been deleted since it was opened.') : error;
    });
    // One after another: of two saves that expect the same, the second must see what the first has done.
    const before = this.#saves.get(file) ?? Promise.resolve();
    const save = before.catch(() => {}).then(() => replaceIfUnchanged(file, content, tag));
    this.#saves.set(file, save);
    try {
      await save;
    } finally {
      if (this.#saves.get(file) === save) this.#saves.delete(file);
    }
  }

  async #describe(folder: string, found: Dirent): Promise<Entry> {
    const { name } = found;
    const path = join(folder, name);
    // What the name means is only known where it leads: a link may lead out of here.
    const target = found.isSymbolicLink() ? await realpath(path).catch(() => undefined) : path;
    if (target === undefined || !this.#isInside(target)) return { name, kind: 'other' };
    const facts = await stat(target).catch(() => undefined);
    if (facts?.isDirectory()) return { name, kind: 'folder' };
    return facts?.isFile() ? { name, kind: 'file', size: facts.size } : { name, kind: 'other' };
  }

  /** The real path of something that is there. */
  async #find(path: string): Promise<string> {
    const real = await withFileProblem(() => realpath(join(this.#root, ...parsePath(path))));
    if (!this.#isInside(real)) throw new FileProblem('outside', 'This leads out of the folder.');
    return real;
  }

  /** The real path of something that is to be made, in a folder that is there. */
  async #findNew(path: string): Promise<string> {
    const parts = parsePath(path);
    const name = parts.pop();
    if (name === undefined) throw new FileProblem('invalid_path', 'A name is needed.');
    return join(await this.#find(parts.join('/')), name);
  }

  #isInside(real: string): boolean {
    return real === this.#root || real.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep);
  }
}

function parsePath(path: string): string[] {
  if (path === '') return [];
  const parts = path.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0');
  if (bad || Buffer.byteLength(path) > PATH_MAX_BYTES) {
    throw new FileProblem('invalid_path', 'This is no name of a file or folder here.');
  }
  return parts;
}

async function readWhole(file: string): Promise<Buffer> {
  // Not blocking: what is there may be a pipe that nobody writes to.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await withFileProblem(() => open(file, flags));
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new FileProblem('not_a_file', 'This is not a file.');
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(FILE_MAX_BYTES + 1) });
    if (facts.size > FILE_MAX_BYTES || bytesRead > FILE_MAX_BYTES) throw tooLarge();
    return Buffer.from(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

async function replaceIfUnchanged(file: string, content: Buffer, tag: string): Promise<void> {
  const before = await withFileProblem(() => stat(file, { bigint: true }));
  if (tagOf(await readWhole(file).catch(changedIfTooLarge)) !== tag) throw changed();
  await withFileProblem(() => access(file, constants.W_OK));
  const draft = join(dirname(file), `.wb-save-${randomBytes(8).toString('hex')}`);
  try {
    const handle = await withFileProblem(() => open(draft, 'wx', 0o600));
    await writeAll(handle, content, async () => {
      await handle.chown(Number(before.uid), Number(before.gid)).catch(() => {});
      await handle.chmod(Number(before.mode) & 0o7777);
    });
    // A program may have written meanwhile: what is left between here and the rename is microseconds.
    const now = await withFileProblem(() => stat(file, { bigint: true }));
    if (now.ino !== before.ino || now.mtimeNs !== before.mtimeNs || now.size !== before.size) throw changed();
    await withFileProblem(() => rename(draft, file));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeAll(handle: FileHandle, content: Buffer, dress?: () => Promise<void>): Promise<void> {
  try {
    await withFileProblem(() => handle.writeFile(content));
    await dress?.();
    await withFileProblem(() => handle.sync());
  } finally {
    await handle.close();
  }
}

function tagOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 27);
}

function changedIfTooLarge(error: unknown): never {
  throw error instanceof FileProblem && error.code === 'too_large' ? changed() : error;
}

function changed(): FileProblem {
  return new FileProblem('changed', 'The file has been changed since it was opened.');
}

function tooLarge(): FileProblem {
  return new FileProblem('too_large', 'This file is larger than 1 MiB, and cannot be edited here.');
}

/** Turns the errors of the system that people can do something about into words. */
async function withFileProblem<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw toFileProblem(errorCode(error)) ?? error;
  }
}

function toFileProblem(code: string): FileProblem | undefined {
  switch (code) {
    case 'ENOENT':
      return new FileProblem('not_found', 'There is nothing of this name.');
    case 'ENOTDIR':
      return new FileProblem('not_a_folder', 'This is not a folder.');
    case 'EISDIR':
    case 'ENXIO':
      return new FileProblem('not_a_file', 'This is not a file.');
    case 'EEXIST':
      return new FileProblem('exists', 'There is something of this name already.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new FileProblem('no_permission', 'Its permissions do not allow this.');
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new FileProblem('invalid_path', 'This is no name of a file or folder here.');
    case 'ENOSPC':
    case 'EDQUOT':
      return new FileProblem('disk_full', 'There is no room left on the disk.');
    default:
      return undefined;
  }
}

function foldersFirst(a: Entry, b: Entry): number {
  if (a.kind === 'folder' && b.kind !== 'folder') return -1;
  if (a.kind !== 'folder' && b.kind === 'folder') return 1;
  return a.name < b.name ? -1 : 1;
}
