import { isUtf8 } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { access, type FileHandle, mkdir, open, opendir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { errorCode } from '../../../system-error.ts';

/** The largest file that can be opened or saved: 1 MiB. */
export const FILE_MAX_BYTES = 1024 * 1024;
/** Entries of a folder that are listed. */
const ENTRIES_MAX = 2000;
/** The longest path, bytes. */
const PATH_MAX_BYTES = 1024;
const DRAFT_NAME = /^\.wb-save-[0-9a-f]{16}$/;

export interface Entry {
  readonly name: string;
  /** `other`: neither a file nor a folder that can be opened here. */
  readonly kind: 'file' | 'folder' | 'other';
  /** Bytes. Only for files. */
  readonly size?: number;
}

export interface Listing {
  readonly entries: readonly Entry[];
  /** Whether the folder has more entries than are listed. */
  readonly truncated: boolean;
}

/** The precondition of a save: the file has this tag, or it does not exist. */
export type Expected = { readonly tag: string } | 'absent';

/**
 * The files of one folder and its subfolders, by relative paths (`a/b.txt`, `''` for the folder itself). Files
 * outside of the folder are not accessed: symbolic links are followed only if their target is inside. A program in the
 * workbench can replace a folder by a link between this check and the access. It has the same permissions anyway.
 */
export class FolderFiles {
  readonly #root: string;
  readonly #saves = new Map<string, Promise<unknown>>();

  /** @param root an absolute path without symbolic links */
  constructor(root: string) {
    this.#root = root;
  }

  /** Lists a folder: folders first, each kind sorted by name. */
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

  /** Returns the content of a text file and a tag that changes with the content. */
  async read(path: string): Promise<{ content: Buffer; tag: string }> {
    const content = await readWhole(await this.#find(path));
    if (content.includes(0) || !isUtf8(content)) {
      throw new FileProblem('binary', 'This is not a text file and cannot be edited here.');
    }
    return { content, tag: tagOf(content) };
  }

  /** Saves a file atomically. Returns its new tag. */
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
      throw gone ? new FileProblem('deleted', 'The file was deleted after it was opened.') : error;
    });
    // Saves of a file are serialized: the second of two saves with the same tag must see the result of the first.
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
    // The target of a link may be outside of the folder.
    const target = found.isSymbolicLink() ? await realpath(path).catch(() => undefined) : path;
    if (target === undefined || !this.#isInside(target)) return { name, kind: 'other' };
    const stats = await stat(target).catch(() => undefined);
    if (stats?.isDirectory()) return { name, kind: 'folder' };
    return stats?.isFile() ? { name, kind: 'file', size: stats.size } : { name, kind: 'other' };
  }

  /** Returns the real path of an existing entry. */
  async #find(path: string): Promise<string> {
    const real = await withFileProblem(() => realpath(join(this.#root, ...parsePath(path))));
    if (!this.#isInside(real)) throw new FileProblem('outside', 'This path is outside of the folder.');
    return real;
  }

  /** Returns the real path for a new entry of an existing folder. */
  async #findNew(path: string): Promise<string> {
    const parts = parsePath(path);
    const name = parts.pop();
    if (name === undefined) throw new FileProblem('invalid_path', 'A name is required.');
    return join(await this.#find(parts.join('/')), name);
  }

  #isInside(real: string): boolean {
    return real === this.#root || real.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep);
  }
}

function parsePath(path: string): string[] {
  if (path === '') return [];
  const parts = path.split('/');
  const invalid = parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0');
  if (invalid || Buffer.byteLength(path) > PATH_MAX_BYTES) {
    throw new FileProblem('invalid_path', 'This is not a valid name of a file or folder.');
  }
  return parts;
}

async function readWhole(file: string): Promise<Buffer> {
  // O_NONBLOCK, because the file may be a pipe without a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await withFileProblem(() => open(file, flags));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new FileProblem('not_a_file', 'This is not a file.');
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(FILE_MAX_BYTES + 1) });
    if (stats.size > FILE_MAX_BYTES || bytesRead > FILE_MAX_BYTES) throw tooLarge();
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
    // Another program may have written to the file. Only microseconds remain between this check and the rename.
    const after = await withFileProblem(() => stat(file, { bigint: true }));
    const isUnchanged =
      after.ino === before.ino && after.mtimeNs === before.mtimeNs && after.size === before.size;
    if (!isUnchanged) throw changed();
    await withFileProblem(() => rename(draft, file));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeAll(
  handle: FileHandle,
  content: Buffer,
  setAttributes?: () => Promise<void>,
): Promise<void> {
  try {
    await withFileProblem(() => handle.writeFile(content));
    await setAttributes?.();
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
  return new FileProblem('changed', 'The file was changed after it was opened.');
}

function tooLarge(): FileProblem {
  return new FileProblem('too_large', 'This file is larger than 1 MiB and cannot be edited here.');
}

/** Converts system errors that the user can act on. */
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
      return new FileProblem('not_found', 'No file or folder has this name.');
    case 'ENOTDIR':
      return new FileProblem('not_a_folder', 'This is not a folder.');
    case 'EISDIR':
    case 'ENXIO':
      return new FileProblem('not_a_file', 'This is not a file.');
    case 'EEXIST':
      return new FileProblem('exists', 'A file or folder with this name exists.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new FileProblem('no_permission', 'The permissions do not allow this.');
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new FileProblem('invalid_path', 'This is not a valid name of a file or folder.');
    case 'ENOSPC':
    case 'EDQUOT':
      return new FileProblem('disk_full', 'The disk is full.');
    default:
      return undefined;
  }
}

function foldersFirst(a: Entry, b: Entry): number {
  if (a.kind === 'folder' && b.kind !== 'folder') return -1;
  if (a.kind !== 'folder' && b.kind === 'folder') return 1;
  return a.name < b.name ? -1 : 1;
}

/** Error codes of the page's API, each with its HTTP status. */
export const PROBLEMS = {
  invalid_path: 400,
  invalid_request: 400,
  forbidden: 403,
  outside: 403,
  no_permission: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_a_file: 409,
  not_a_folder: 409,
  exists: 412,
  changed: 412,
  deleted: 412,
  too_large: 413,
  binary: 415,
  unsupported_media_type: 415,
  precondition_required: 428,
  internal: 500,
  disk_full: 507,
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** An error that is sent to the page. The message is shown to the user. */
export class FileProblem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.name = 'FileProblem';
    this.code = code;
  }
}
