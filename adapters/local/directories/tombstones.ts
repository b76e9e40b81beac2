import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../system-error.ts';
import { isNoSpace } from '../no-space.ts';
import { readFileIfExists, replaceFile, syncFolder } from '../state-files.ts';

/**
 * How long the tombstone of a deleted volume is kept, milliseconds: 400 days. Workbench ids are never reused, and
 * a late request for the volume comes much earlier.
 */
const RETENTION_MS = 400 * 24 * 60 * 60 * 1000;
const PRUNE_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** The names of spare files begin with this, which no id of a workbench does. */
const SPARE_PREFIX = '.spare-';

/** A deletion returns an inode and often space, but another program may take it before a spare file does. */
const SPARES = 64;

/**
 * A folder with one file for each volume whose deletion has begun. Nothing could be deleted on a full disk if that needed
 * a new file, so spare files are kept, and one of them is renamed if there is no space.
 */
export class Tombstones {
  readonly #path: string;
  readonly #now: () => number;
  readonly #writeFile: typeof replaceFile;
  #needsSpares = false;
  #prunedAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since 1970 */
  constructor(path: string, now: () => number, writeFile = replaceFile) {
    this.#path = path;
    this.#now = now;
    this.#writeFile = writeFile;
  }

  async has(workbenchId: string): Promise<boolean> {
    return (await readFileIfExists(join(this.#path, workbenchId))) !== undefined;
  }

  /** The tombstone is on the disk when the promise resolves. */
  async write(workbenchId: string): Promise<void> {
    if (await this.has(workbenchId)) return;
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    await this.#prune();
    const path = join(this.#path, workbenchId);
    try {
      await this.#writeFile(path, this.#content(), true);
    } catch (error) {
      if (!isNoSpace(error) || !(await this.#renameSpare(path))) throw error;
    }
  }

  /** Creates the spare files that are missing, as far as there is space. */
  async createSpares(): Promise<void> {
    this.#needsSpares = true;
    try {
      await mkdir(this.#path, { recursive: true, mode: 0o700 });
      const existing = new Set(await this.#listSpares());
      for (let n = 1; n <= SPARES; n += 1) {
        const name = `${SPARE_PREFIX}${n}`;
        if (!existing.has(name)) await this.#writeFile(join(this.#path, name), this.#content());
      }
      this.#needsSpares = false;
    } catch (error) {
      if (!isNoSpace(error)) throw error;
    }
  }

  /** Creates the spare files that were used, after a deletion that may have returned their space. */
  async replaceSpares(): Promise<void> {
    if (this.#needsSpares) await this.createSpares();
  }

  /** Returns whether there was a spare file. */
  async #renameSpare(path: string): Promise<boolean> {
    for (const name of await this.#listSpares()) {
      try {
        await rename(join(this.#path, name), path);
      } catch (error) {
        // Another deletion has renamed it.
        if (errorCode(error) === 'ENOENT') continue;
        throw error;
      }
      this.#needsSpares = true;
      await syncFolder(this.#path);
      await this.#overwrite(path);
      return true;
    }
    return false;
  }

  /** The file has the time at which it was created as a spare one. Without space for another, it is kept for less long. */
  async #overwrite(path: string): Promise<void> {
    const file = await open(path, 'r+');
    try {
      await file.write(this.#content(), 0);
    } catch (error) {
      if (!isNoSpace(error)) throw error;
    } finally {
      await file.close();
    }
  }

  async #listSpares(): Promise<readonly string[]> {
    return (await readdir(this.#path)).filter((name) => name.startsWith(SPARE_PREFIX));
  }

  async #prune(): Promise<void> {
    const now = this.#now();
    if (now - this.#prunedAt < PRUNE_INTERVAL_MS) return;
    this.#prunedAt = now;
    for (const name of await readdir(this.#path)) {
      const at = Number(await readFileIfExists(join(this.#path, name)));
      const isSpare = name.startsWith(SPARE_PREFIX);
      if (!isSpare && at > 0 && now - at > RETENTION_MS) await rm(join(this.#path, name), { force: true });
    }
  }

  #content(): string {
    return `${this.#now()}\n`;
  }
}
