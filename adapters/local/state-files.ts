import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PortError } from '#core/ports/port-error.ts';
import { errorCode } from '../system-error.ts';
import { isNoSpace } from './no-space.ts';

/**
 * Replaces a file by rename, so that a reader finds the complete old or the complete new content, also after a
 * `kill -9` at any time.
 *
 * @param durable whether the change survives a power failure; this costs a disk flush, a few milliseconds
 */
export async function replaceFile(path: string, content: string, durable = false): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(content);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    // The error of the write says more than that of a removal on the same disk.
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
  if (durable) await syncFolder(dirname(path));
}

/** Flushes the creations, renames and deletions in a folder, so that they survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Returns the content of a file, or undefined when it does not exist. */
export async function readFileIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export interface RecordFolderOptions<T> {
  /** Absolute path of the folder. It is created with mode 0700 when it is missing. */
  readonly path: string;
  /** Parses a record from JSON data. Throws when the data is invalid. */
  readonly parse: (value: unknown) => T;
  readonly idOf: (record: T) => string;
  /** Called for a file that is not a valid record. The file has been renamed to `<name>.unreadable`. */
  readonly onUnreadable?: (file: string, cause: unknown) => void;
}

const ENDING = '.json';
/** The disk fails, or the process or the system has too many open files. Like a full disk this may pass. */
const PASSING_CODES: readonly string[] = ['EIO', 'EMFILE', 'ENFILE'];

/** Whether the operating system could not store something for a reason that may pass. */
export function isTransient(error: unknown): boolean {
  return isNoSpace(error) || PASSING_CODES.includes(errorCode(error));
}

/** Returns the error of a write whose failure may pass as a PortError `no_space`, and every other error as it is. */
export function toStorageError(error: unknown): unknown {
  if (!isTransient(error)) return error;
  return new PortError('no_space', `a record cannot be stored (${errorCode(error)})`, error);
}

/**
 * A folder of small records, one JSON file each, named by their id. Writes are atomic and survive the end of this
 * process at any time. A power failure may undo the last writes.
 */
export class RecordFolder<T> {
  readonly #options: RecordFolderOptions<T>;

  constructor(options: RecordFolderOptions<T>) {
    this.#options = options;
  }

  /** Returns all records. Deletes the drafts of interrupted writes. */
  async open(): Promise<readonly T[]> {
    const { path } = this.#options;
    await mkdir(path, { recursive: true, mode: 0o700 });
    const records: T[] = [];
    for (const file of (await readdir(path)).sort()) {
      if (file.endsWith('.draft')) await rm(join(path, file), { force: true });
      if (!file.endsWith(ENDING)) continue;
      const record = await this.#read(file);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /**
   * Creates or replaces a record.
   * @throws PortError `no_space` when the system can store nothing at the moment; the record is unchanged then
   */
  async save(record: T): Promise<void> {
    try {
      await replaceFile(this.#file(this.#options.idOf(record)), JSON.stringify(record));
    } catch (error) {
      throw toStorageError(error);
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  async #read(file: string): Promise<T | undefined> {
    const path = join(this.#options.path, file);
    const text = await readFileIfExists(path);
    if (text === undefined) return undefined;
    try {
      const record = this.#options.parse(JSON.parse(text));
      if (`${this.#options.idOf(record)}${ENDING}` !== file)
        throw new Error('the file name differs from the record id');
      return record;
    } catch (cause) {
      await rename(path, `${path}.unreadable`);
      this.#options.onUnreadable?.(file, cause);
      return undefined;
    }
  }

  #file(id: string): string {
    if (!/^[a-z0-9][a-z0-9-]{0,99}$/.test(id)) throw new RangeError('invalid record id');
    return join(this.#options.path, `${id}${ENDING}`);
  }
}
