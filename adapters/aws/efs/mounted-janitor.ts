import { mkdir, readdir, readFile, rename, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callBudget } from '#adapters/directories/call-budget.ts';
import { exists } from '#adapters/directories/exists.ts';
import { removeSome } from '#adapters/directories/removal.ts';
import { measureSome } from '#adapters/directories/size.ts';
import { errorCode } from '#adapters/system-error.ts';
import { JANITOR_ENTRIES_AT_ONCE } from '#contract/janitor.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { DeletionProgress, VolumeObservation, VolumeSlice } from '#core/ports/volume-store.ts';
import { type Janitor, VOLUME_NAME_PATTERN, type VolumeLocation, type VolumeMarker } from './janitor.ts';

export interface MountedJanitorOptions {
  /** Absolute path at which the parent directory of a file system's volumes is mounted; undefined if it is not mounted. */
  readonly rootOf: (fileSystemId: string) => string | undefined;
  /** The most files and folders that one call deletes or measures. @default 20,000 to delete, 200,000 to measure */
  readonly entriesPerCallMax?: number;
  /** How long a call of `removeSome` or `measureSome` works, in milliseconds. @default 10,000 */
  readonly callMaxMs?: number;
  /** How many files and folders such a call handles at the same time. @default 32 */
  readonly concurrency?: number;
  /** A monotonic clock for `callMaxMs`, in milliseconds. @default performance.now */
  readonly elapsed?: () => number;
}

/** Contains the tombstones: a file per volume whose deletion has begun. Its text is `detached` when the access point is deleted. */
const TOMBSTONES_FOLDER = '.tombstones';
/** Contains the directories in quarantine. */
const QUARANTINE_FOLDER = '.quarantine';
const PAGE_MAX = 1000;

/** The janitor in a process that has mounted the parent directory. */
export class MountedJanitor implements Janitor {
  readonly #options: MountedJanitorOptions;

  constructor(options: MountedJanitorOptions) {
    this.#options = options;
  }

  async readMarker(location: VolumeLocation): Promise<VolumeMarker | undefined> {
    const { root, name } = this.#resolve(location);
    return withPortError('readMarker', async () => {
      if ((await readTombstone(join(root, TOMBSTONES_FOLDER, name))) !== undefined) return 'tombstone';
      return (await exists(join(root, QUARANTINE_FOLDER, name))) ? 'quarantine' : undefined;
    });
  }

  async writeTombstone(location: VolumeLocation): Promise<{ detached: boolean }> {
    const { root, name } = this.#resolve(location);
    return withPortError('writeTombstone', async () => {
      const tombstone = await readTombstone(join(root, TOMBSTONES_FOLDER, name));
      if (tombstone === undefined) await this.#saveTombstone(root, name, 'deleting');
      return { detached: tombstone === 'detached' };
    });
  }

  async markDetached(location: VolumeLocation): Promise<void> {
    const { root, name } = this.#resolve(location);
    await withPortError('markDetached', () => this.#saveTombstone(root, name, 'detached'));
  }

  async removeSome(location: VolumeLocation): Promise<DeletionProgress> {
    const { root, name } = this.#resolve(location);
    const {
      entriesPerCallMax = 20_000,
      callMaxMs = 10_000,
      concurrency = JANITOR_ENTRIES_AT_ONCE,
      elapsed = () => performance.now(),
    } = this.#options;
    return withPortError('removeSome', async () => {
      if ((await readTombstone(join(root, TOMBSTONES_FOLDER, name))) === undefined)
        throw new Error('the volume has no tombstone');
      const budget = callBudget(entriesPerCallMax, callMaxMs, elapsed);
      const volume = await removeSome(join(root, name), budget, concurrency);
      if (!volume.done) return volume;
      const quarantined = await removeSome(join(root, QUARANTINE_FOLDER, name), budget, concurrency);
      return { done: quarantined.done, deleted: volume.deleted + quarantined.deleted };
    });
  }

  async measureSome(location: VolumeLocation, cursor?: string): Promise<VolumeSlice> {
    const { root, name } = this.#resolve(location);
    const {
      entriesPerCallMax = 200_000,
      callMaxMs = 10_000,
      concurrency = JANITOR_ENTRIES_AT_ONCE,
      elapsed = () => performance.now(),
    } = this.#options;
    return withPortError('measureSome', () =>
      measureSome(join(root, name), cursor, callBudget(entriesPerCallMax, callMaxMs, elapsed), concurrency),
    );
  }

  async deleteIfEmpty(location: VolumeLocation): Promise<'deleted' | 'not_empty'> {
    const { root, name } = this.#resolve(location);
    return withPortError('deleteIfEmpty', async () => {
      try {
        await rmdir(join(root, name));
        return 'deleted';
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return 'deleted';
        if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error))) return 'not_empty';
        throw error;
      }
    });
  }

  async quarantine(location: VolumeLocation): Promise<void> {
    const { root, name } = this.#resolve(location);
    await withPortError('quarantine', async () => {
      await mkdir(join(root, QUARANTINE_FOLDER), { recursive: true, mode: 0o700 });
      // Does not overwrite a directory that is already in quarantine: the rename fails unless that one is empty.
      await rename(join(root, name), join(root, QUARANTINE_FOLDER, name)).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw error;
      });
    });
  }

  async findExisting(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]> {
    const existing: string[] = [];
    for (const workbenchId of workbenchIds) {
      const { root, name } = this.#resolve({ fileSystemId, workbenchId });
      if (await withPortError('findExisting', () => exists(join(root, name)))) existing.push(workbenchId);
    }
    return existing;
  }

  async list(
    fileSystemId: string,
    cursor = '',
  ): Promise<{ directories: readonly VolumeObservation[]; cursor?: string }> {
    const root = this.#rootOf(fileSystemId);
    return withPortError('list', async () => {
      const entries = await readdir(root, { withFileTypes: true });
      const remaining = entries
        .filter((entry) => entry.isDirectory() && VOLUME_NAME_PATTERN.test(entry.name) && entry.name > cursor)
        .map((entry) => entry.name)
        .sort();
      const names = remaining.slice(0, PAGE_MAX);
      const directories = await Promise.all(names.map((name) => observeVolume(root, name)));
      const last = names.at(-1);
      return remaining.length > PAGE_MAX && last !== undefined
        ? { directories, cursor: last }
        : { directories };
    });
  }

  async #saveTombstone(root: string, name: string, text: 'deleting' | 'detached'): Promise<void> {
    await mkdir(join(root, TOMBSTONES_FOLDER), { recursive: true, mode: 0o700 });
    // The rename is atomic: a tombstone that exists is complete.
    const file = join(root, TOMBSTONES_FOLDER, name);
    const temporaryFile = `${file}.${process.pid}-${performance.now()}`;
    await writeFile(temporaryFile, text, { flush: true, mode: 0o600 });
    await rename(temporaryFile, file);
  }

  #resolve({ fileSystemId, workbenchId }: VolumeLocation): { root: string; name: string } {
    if (!VOLUME_NAME_PATTERN.test(workbenchId)) throw new RangeError('invalid workbench id');
    return { root: this.#rootOf(fileSystemId), name: workbenchId };
  }

  #rootOf(fileSystemId: string): string {
    const root = this.#options.rootOf(fileSystemId);
    if (root === undefined) throw new PortError('unavailable', `${fileSystemId} is not mounted here`);
    return root;
  }
}

async function observeVolume(root: string, name: string): Promise<VolumeObservation> {
  const times = await stat(join(root, name)).catch(() => undefined);
  // NFS reports no birth time. The oldest reported time is used. If it is wrong, the volume appears younger than it is.
  const createdAt = Math.floor(Math.min(times?.birthtimeMs || Infinity, times?.mtimeMs ?? Infinity));
  return Number.isSafeInteger(createdAt) && createdAt > 0
    ? { workbenchId: name, createdAt }
    : { workbenchId: name };
}

async function readTombstone(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function withPortError<T>(operation: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new PortError('unavailable', `janitor ${operation}: ${errorCode(error) || 'failed'}`, error);
  }
}
