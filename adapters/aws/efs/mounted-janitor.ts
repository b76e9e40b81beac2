import { lstat, mkdir, readdir, readFile, rename, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removalBudget, removeSome } from '#adapters/directories/removal.ts';
import { errorCode } from '#adapters/system-error.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { DeletionProgress, VolumeObservation } from '#core/ports/volume-store.ts';
import { type Janitor, VOLUME_NAME_PATTERN, type VolumeLocation, type VolumeMarker } from './janitor.ts';

export interface MountedJanitorOptions {
  /** Where the parent directory of a file system's volumes is mounted, absolute; undefined when it is not. */
  readonly rootOf: (fileSystemId: string) => string | undefined;
  /** Files and folders that one call removes at most. @default 20,000 */
  readonly entriesPerCallMax?: number;
  /** After this a call of removeSome ends, milliseconds. @default 10,000 */
  readonly callMaxMs?: number;
  /** A clock that only goes forward, in milliseconds, for the one above. @default performance.now */
  readonly elapsed?: () => number;
}

/** Holds a file for each volume whose wipe has begun; it says `detached` once the access point is gone. */
const TOMBSTONES_FOLDER = '.tombstones';
/** Holds what was set aside. */
const QUARANTINE_FOLDER = '.quarantine';
const PAGE_MAX = 1000;

/** The janitor in a process that has the parent directory mounted. */
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
      const note = await readTombstone(join(root, TOMBSTONES_FOLDER, name));
      if (note === undefined) await this.#saveTombstone(root, name, 'deleting');
      return { detached: note === 'detached' };
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
      elapsed = () => performance.now(),
    } = this.#options;
    return withPortError('removeSome', async () => {
      if ((await readTombstone(join(root, TOMBSTONES_FOLDER, name))) === undefined)
        throw new Error('it has no tombstone');
      const budget = removalBudget(entriesPerCallMax, callMaxMs, elapsed);
      const first = await removeSome(join(root, name), budget);
      if (!first.done) return first;
      const aside = await removeSome(join(root, QUARANTINE_FOLDER, name), budget);
      return { done: aside.done, deleted: first.deleted + aside.deleted };
    });
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
      // Never onto one that is there already: the move then fails, unless that one is empty.
      await rename(join(root, name), join(root, QUARANTINE_FOLDER, name)).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw error;
      });
    });
  }

  async findExisting(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]> {
    const there: string[] = [];
    for (const workbenchId of workbenchIds) {
      const { root, name } = this.#resolve({ fileSystemId, workbenchId });
      if (await withPortError('findExisting', () => exists(join(root, name)))) there.push(workbenchId);
    }
    return there;
  }

  async list(
    fileSystemId: string,
    cursor = '',
  ): Promise<{ directories: readonly VolumeObservation[]; cursor?: string }> {
    const root = this.#rootOf(fileSystemId);
    return withPortError('list', async () => {
      const entries = await readdir(root, { withFileTypes: true });
      const rest = entries
        .filter((entry) => entry.isDirectory() && VOLUME_NAME_PATTERN.test(entry.name) && entry.name > cursor)
        .map((entry) => entry.name)
        .sort();
      const names = rest.slice(0, PAGE_MAX);
      const directories = await Promise.all(names.map((name) => observeVolume(root, name)));
      const last = names.at(-1);
      return rest.length > PAGE_MAX && last !== undefined ? { directories, cursor: last } : { directories };
    });
  }

  async #saveTombstone(root: string, name: string, text: 'deleting' | 'detached'): Promise<void> {
    await mkdir(join(root, TOMBSTONES_FOLDER), { recursive: true, mode: 0o700 });
    // Moved into place whole: a note that is there can be read.
    const file = join(root, TOMBSTONES_FOLDER, name);
    const draft = `${file}.${process.pid}-${performance.now()}`;
    await writeFile(draft, text, { flush: true, mode: 0o600 });
    await rename(draft, file);
  }

  #resolve({ fileSystemId, workbenchId }: VolumeLocation): { root: string; name: string } {
    if (!VOLUME_NAME_PATTERN.test(workbenchId)) throw new RangeError('not the id of a workbench');
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
  // NFS tells no birth time: the oldest of what it tells, which errs towards the young.
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

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function withPortError<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new PortError('unavailable', `janitor ${what}: ${errorCode(error) || 'failed'}`, error);
  }
}
