import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, replaceFile } from './state-files.ts';

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
    const text = await readIfThere(path);
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
