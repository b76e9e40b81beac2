import { lstat, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type {
  VolumeObservation,
  VolumeOutcome,
  VolumeStore,
  WipeProgress,
} from '#core/ports/volume-store.ts';
import { removalBudget, removeSome } from '../../directories/removal.ts';
import { errorCode } from '../../system-error.ts';
import { readIfThere, replaceFile } from '../state-file.ts';
import { checkWorkbenchId, isWorkbenchId } from '../workbench-id.ts';

export interface DirectoryVolumesOptions {
  /** Volumes are the folders in `<dataDir>/volumes`; absolute. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Files and folders that one call of wipe removes at most. @default 1,000 */
  readonly wipeEntries?: number;
  /** After this a call of wipe ends, milliseconds. @default 200 */
  readonly wipeMs?: number;
  /** A clock that only goes forward, in milliseconds, for the one above. @default performance.now */
  readonly elapsed?: () => number;
}

/** What else there is of a workbench beside its volume: output of its runs, and what its program keeps. */
const SIDE_FOLDERS = ['logs', 'private'];

/**
 * How long it is remembered that a volume was wiped, in milliseconds: 400 days. Its id is never given again,
 * and whatever might still ask for it is far younger.
 */
const REMEMBERED_MS = 400 * 24 * 60 * 60 * 1000;
const PRUNE_EVERY_MS = 24 * 60 * 60 * 1000;
const PAGE = 1000;

/** Volumes as folders of this machine, readable for their owner alone. A mount is `{ path }`. */
export class DirectoryVolumes implements VolumeStore {
  readonly #options: DirectoryVolumesOptions;
  readonly #root: string;
  /** Holds one file for each volume whose wipe has begun. */
  readonly #wiped: string;
  /** Holds the volumes that were set aside. */
  readonly #aside: string;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DirectoryVolumesOptions) {
    this.#options = options;
    this.#root = join(options.dataDir, 'volumes');
    this.#wiped = join(this.#root, '.wiped');
    this.#aside = join(this.#root, '.quarantine');
  }

  async ensure(workbenchId: string): Promise<VolumeOutcome> {
    const path = join(this.#root, checkWorkbenchId(workbenchId));
    try {
      await mkdir(this.#root, { recursive: true, mode: 0o700 });
      if (await this.#isWiped(workbenchId)) return { kind: 'wiped' };
      if (await isThere(join(this.#aside, workbenchId))) return ASIDE;
      const made = await makeFolder(path);
      if (!(await lstat(path)).isDirectory()) {
        return refused('There is something else where the folder with its files should be.', false);
      }
      // Looked at again: a wipe that began meanwhile has either seen the folder or is seen here.
      if (!(await this.#isWiped(workbenchId))) return { kind: 'ready', mount: { path } };
      if (made) await rmdir(path).catch(() => {});
      return { kind: 'wiped' };
    } catch (error) {
      return refused(
        `The folder for its files could not be made (${errorCode(error) || 'unknown error'}).`,
        true,
      );
    }
  }

  async wipe(workbenchId: string): Promise<WipeProgress> {
    const { dataDir, wipeEntries = 1000, wipeMs = 200, elapsed = () => performance.now() } = this.#options;
    checkWorkbenchId(workbenchId);
    const budget = removalBudget(wipeEntries, wipeMs, elapsed);
    try {
      await this.#markWiped(workbenchId);
      // The root last: that it is gone is the proof that all is.
      const folders = [...SIDE_FOLDERS.map((side) => join(dataDir, side)), this.#aside, this.#root];
      let removed = 0;
      for (const folder of folders) {
        const part = await removeSome(join(folder, workbenchId), budget);
        removed += part.removed;
        if (!part.done) return { done: false, removed };
      }
      return { done: true, removed };
    } catch (error) {
      throw new PortError(
        'unavailable',
        `something of the volume cannot be removed (${errorCode(error)})`,
        error,
      );
    }
  }

  async removeEmpty(workbenchId: string): Promise<'removed' | 'not_empty'> {
    try {
      await rmdir(join(this.#root, checkWorkbenchId(workbenchId)));
      return 'removed';
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT') return 'removed';
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return 'not_empty';
      throw error instanceof RangeError
        ? error
        : new PortError('unavailable', `not removed (${code})`, error);
    }
  }

  async quarantine(workbenchId: string): Promise<void> {
    const path = join(this.#root, checkWorkbenchId(workbenchId));
    try {
      await mkdir(this.#aside, { recursive: true, mode: 0o700 });
      // Never onto one that is there already: the move then fails, unless that one is empty.
      await rename(path, join(this.#aside, workbenchId));
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'ENOENT') throw new PortError('unavailable', `not set aside (${code})`, error);
    }
  }

  async list(cursor = ''): Promise<{ volumes: readonly VolumeObservation[]; cursor?: string }> {
    const entries = await readdir(this.#root, { withFileTypes: true }).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw new PortError('unavailable', 'the volumes cannot be listed', error);
    });
    const rest = entries
      .filter((entry) => entry.isDirectory() && isWorkbenchId(entry.name) && entry.name > cursor)
      .map((entry) => entry.name)
      .sort();
    const volumes = await Promise.all(rest.slice(0, PAGE).map((id) => this.#observe(id)));
    const last = volumes.at(-1);
    return rest.length > PAGE && last !== undefined ? { volumes, cursor: last.workbenchId } : { volumes };
  }

  async #observe(workbenchId: string): Promise<VolumeObservation> {
    const times = await stat(join(this.#root, workbenchId)).catch(() => undefined);
    const createdAt = Math.floor(times?.birthtimeMs ?? 0);
    return createdAt > 0 ? { workbenchId, createdAt } : { workbenchId };
  }

  async #isWiped(workbenchId: string): Promise<boolean> {
    return (await readIfThere(join(this.#wiped, workbenchId))) !== undefined;
  }

  async #markWiped(workbenchId: string): Promise<void> {
    if (await this.#isWiped(workbenchId)) return;
    await mkdir(this.#wiped, { recursive: true, mode: 0o700 });
    await this.#prune();
    // On disk before anything is removed: half a volume must never be given out as a whole one.
    await replaceFile(join(this.#wiped, workbenchId), `${this.#options.clock.now()}\n`, true);
  }

  async #prune(): Promise<void> {
    const now = this.#options.clock.now();
    if (now - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = now;
    for (const file of await readdir(this.#wiped)) {
      const at = Number(await readIfThere(join(this.#wiped, file)));
      if (at > 0 && now - at > REMEMBERED_MS) await rm(join(this.#wiped, file), { force: true });
    }
  }
}

const ASIDE = refused(
  'The files of this workbench have been set aside: an operator must look at them.',
  false,
);

function refused(message: string, retryable: boolean): VolumeOutcome {
  return { kind: 'refused', code: 'storage_failed', message, retryable };
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** Answers whether it made the folder: false when something of that name was there. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
