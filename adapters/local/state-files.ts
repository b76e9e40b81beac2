import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../system-error.ts';

/**
 * Replaces a file by rename, so that whoever reads it, also after a `kill -9` at any moment, finds the old
 * content or the new one, whole.
 *
 * @param durable also survives a power failure: costs a flush of the disk, a few milliseconds
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
    await rm(draft, { force: true });
    throw error;
  }
  if (durable) await syncFolder(dirname(path));
}

/** Makes what was created, renamed or deleted in a folder survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The content of a file; undefined when there is none. */
export async function readFileIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export interface RecordFolderOptions<T> {
  /** The folder, absolute; made when missing, for the owner alone. */
  readonly path: string;
  /** Reads a record from parsed JSON; throws when it is not one. */
  readonly parse: (value: unknown) => T;
  readonly idOf: (record: T) => string;
  /** Told of a file that is no record: it has been moved aside, under a name ending in `.unreadable`. */
  readonly onUnreadable?: (file: string, cause: unknown) => void;
}

const ENDING = '.json';

/**
 * Small records, one JSON file each, named by their id. A write is whole or did not happen, and survives the
 * end of this process at any moment; a power failure may take the last ones back.
 */
export class RecordFolder<T> {
  readonly #options: RecordFolderOptions<T>;

  constructor(options: RecordFolderOptions<T>) {
    this.#options = options;
  }

  /** Every record there is. Removes drafts that an interrupted write left. */
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

  async save(record: T): Promise<void> {
    await replaceFile(this.#file(this.#options.idOf(record)), JSON.stringify(record));
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
      if (`${this.#options.idOf(record)}${ENDING}` !== file) throw new Error('its name is not its id');
      return record;
    } catch (cause) {
      await rename(path, `${path}.unreadable`);
      this.#options.onUnreadable?.(file, cause);
      return undefined;
    }
  }

  #file(id: string): string {
    if (!/^[a-z0-9][a-z0-9-]{0,99}$/.test(id)) throw new RangeError('not the id of a record');
    return join(this.#options.path, `${id}${ENDING}`);
  }
}
