import { lstat, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type {
  DeletionProgress,
  VolumeObservation,
  VolumeOutcome,
  VolumeStore,
} from '#core/ports/volume-store.ts';
import { removalBudget, removeSome } from '../../directories/removal.ts';
import { errorCode } from '../../system-error.ts';
import { readFileIfExists, replaceFile } from '../state-files.ts';
import { checkWorkbenchId, isWorkbenchId } from '../workbench-id.ts';

export interface DirectoryVolumesOptions {
  /** Volumes are the folders in `<dataDir>/volumes`; absolute. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Files and folders that one call of wipe removes at most. @default 1,000 */
  readonly entriesPerCallMax?: number;
  /** After this a call of wipe ends, milliseconds. @default 200 */
  readonly callMaxMs?: number;
  /** A clock that only goes forward, in milliseconds, for the one above. @default performance.now */
  readonly elapsed?: () => number;
}

/** What else there is of a workbench beside its volume: output of its runs, and what its program keeps. */
const RELATED_FOLDERS = ['logs', 'private'];

/**
 * How long it is remembered that a volume was wiped, in milliseconds: 400 days. Its id is never given again,
 * and whatever might still ask for it is far younger.
 */
const TOMBSTONE_RETENTION_MS = 400 * 24 * 60 * 60 * 1000;
const PRUNE_INTERVAL_MS = 24 * 60 * 60 * 1000;
const PAGE_MAX = 1000;

/** Volumes as folders of this machine, readable for their owner alone. A mount is `{ path }`. */
export class DirectoryVolumes implements VolumeStore {
  readonly #options: DirectoryVolumesOptions;
  readonly #root: string;
  /** Holds one file for each volume whose wipe has begun. */
  readonly #tombstones: string;
  /** Holds the volumes that were set aside. */
  readonly #quarantined: string;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DirectoryVolumesOptions) {
    this.#options = options;
    this.#root = join(options.dataDir, 'volumes');
    this.#tombstones = join(this.#root, '.tombstones');
    this.#quarantined = join(this.#root, '.quarantine');
  }

  async ensure(workbenchId: string): Promise<VolumeOutcome> {
    const path = join(this.#root, checkWorkbenchId(workbenchId));
    try {
      await mkdir(this.#root, { recursive: true, mode: 0o700 });
      if (await this.#hasTombstone(workbenchId)) return { kind: 'tombstoned' };
      if (await exists(join(this.#quarantined, workbenchId))) return QUARANTINED;
      const made = await createFolder(path);
      if (!(await lstat(path)).isDirectory()) {
        return toRefusal('There is something else where the folder with its files should be.', false);
      }
      // Looked at again: a wipe that began meanwhile has either seen the folder or is seen here.
      if (!(await this.#hasTombstone(workbenchId))) return { kind: 'ready', mount: { path } };
      if (made) await rmdir(path).catch(() => {});
      return { kind: 'tombstoned' };
    } catch (error) {
      return toRefusal(
        `The folder for its files could not be made (${errorCode(error) || 'unknown error'}).`,
        true,
      );
    }
  }

  async deleteSlice(workbenchId: string): Promise<DeletionProgress> {
    const {
      dataDir,
      entriesPerCallMax = 1000,
      callMaxMs = 200,
      elapsed = () => performance.now(),
    } = this.#options;
    checkWorkbenchId(workbenchId);
    const budget = removalBudget(entriesPerCallMax, callMaxMs, elapsed);
    try {
      await this.#writeTombstone(workbenchId);
      // The root last: that it is gone is the proof that all is.
      const folders = [...RELATED_FOLDERS.map((side) => join(dataDir, side)), this.#quarantined, this.#root];
      let deleted = 0;
      for (const folder of folders) {
        const part = await removeSome(join(folder, workbenchId), budget);
        deleted += part.deleted;
        if (!part.done) return { done: false, deleted };
      }
      return { done: true, deleted };
    } catch (error) {
      throw new PortError(
        'unavailable',
        `something of the volume cannot be deleted (${errorCode(error)})`,
        error,
      );
    }
  }

  async deleteIfEmpty(workbenchId: string): Promise<'deleted' | 'not_empty'> {
    try {
      await rmdir(join(this.#root, checkWorkbenchId(workbenchId)));
      return 'deleted';
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT') return 'deleted';
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return 'not_empty';
      throw error instanceof RangeError
        ? error
        : new PortError('unavailable', `not deleted (${code})`, error);
    }
  }

  async quarantine(workbenchId: string): Promise<void> {
    const path = join(this.#root, checkWorkbenchId(workbenchId));
    try {
      await mkdir(this.#quarantined, { recursive: true, mode: 0o700 });
      // Never onto one that is there already: the move then fails, unless that one is empty.
      await rename(path, join(this.#quarantined, workbenchId));
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
    const volumes = await Promise.all(rest.slice(0, PAGE_MAX).map((id) => this.#observe(id)));
    const last = volumes.at(-1);
    return rest.length > PAGE_MAX && last !== undefined ? { volumes, cursor: last.workbenchId } : { volumes };
  }

  async #observe(workbenchId: string): Promise<VolumeObservation> {
    const times = await stat(join(this.#root, workbenchId)).catch(() => undefined);
    const createdAt = Math.floor(times?.birthtimeMs ?? 0);
    return createdAt > 0 ? { workbenchId, createdAt } : { workbenchId };
  }

  async #hasTombstone(workbenchId: string): Promise<boolean> {
    return (await readFileIfExists(join(this.#tombstones, workbenchId))) !== undefined;
  }

  async #writeTombstone(workbenchId: string): Promise<void> {
    if (await this.#hasTombstone(workbenchId)) return;
    await mkdir(this.#tombstones, { recursive: true, mode: 0o700 });
    await this.#pruneTombstones();
    // On disk before anything is deleted: half a volume must never be given out as a whole one.
    await replaceFile(join(this.#tombstones, workbenchId), `${this.#options.clock.now()}\n`, true);
  }

  async #pruneTombstones(): Promise<void> {
    const now = this.#options.clock.now();
    if (now - this.#prunedAt < PRUNE_INTERVAL_MS) return;
    this.#prunedAt = now;
    for (const file of await readdir(this.#tombstones)) {
      const at = Number(await readFileIfExists(join(this.#tombstones, file)));
      if (at > 0 && now - at > TOMBSTONE_RETENTION_MS)
        await rm(join(this.#tombstones, file), { force: true });
    }
  }
}

const QUARANTINED = toRefusal(
  'The files of this workbench have been set aside: an operator must look at them.',
  false,
);

function toRefusal(message: string, retryable: boolean): VolumeOutcome {
  return { kind: 'refused', code: 'storage_failed', message, retryable };
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** Answers whether it made the folder: false when something of that name was there. */
async function createFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
