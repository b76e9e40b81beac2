import { lstat, mkdir, readdir, rename, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type {
  DeletionProgress,
  VolumeObservation,
  VolumeOutcome,
  VolumeSlice,
  VolumeStore,
} from '#core/ports/volume-store.ts';
import { type CallBudget, callBudget } from '../../directories/call-budget.ts';
import { removeSome } from '../../directories/removal.ts';
import { measureSome } from '../../directories/size.ts';
import { errorCode } from '../../system-error.ts';
import { isNoSpace, probeSpace } from '../no-space.ts';
import { checkWorkbenchId, isFolderName } from '../workbench-id.ts';
import { createDirectory } from './create-directory.ts';
import { Tombstones } from './tombstones.ts';
import { VolumeLimitFailed, type VolumeLimits, type VolumeUse } from './volume-limits.ts';

export interface DirectoryVolumesOptions {
  /** Absolute path. Volumes are the folders in `<dataDir>/volumes`. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Limits the size of each volume. Undefined: the disk alone does. */
  readonly limits?: VolumeLimits | undefined;
  /** The most files and folders that one call of `deleteSlice` deletes, or of `measureSlice` measures. @default 1,000 */
  readonly entriesPerCallMax?: number;
  /** The longest time that such a call works, milliseconds. @default 200 */
  readonly callMaxMs?: number;
  /** A monotonic clock for `callMaxMs`, milliseconds. @default performance.now */
  readonly elapsed?: () => number;
}

/** Other folders of a workbench: the output of its runs, and the private files of its program. */
const RELATED_FOLDERS = ['logs', 'private'];

const PAGE_MAX = 1000;
/** How many files and folders are deleted or measured at the same time. More would delay the other file accesses of the server. */
const ENTRIES_AT_ONCE = 8;

/** Volumes as local folders with mode 0700. A mount is `{ path }`. */
export class DirectoryVolumes implements VolumeStore {
  readonly #options: DirectoryVolumesOptions;
  readonly #root: string;
  readonly #tombstones: Tombstones;
  /** Contains the quarantined volumes. */
  readonly #quarantined: string;

  constructor(options: DirectoryVolumesOptions) {
    this.#options = options;
    this.#root = join(options.dataDir, 'volumes');
    this.#tombstones = new Tombstones(join(this.#root, '.tombstones'), () => options.clock.now());
    this.#quarantined = join(this.#root, '.quarantine');
  }

  /** Prepares for deletions without space. Called before the first other call, if there may be such. */
  async prepare(): Promise<void> {
    await this.#tombstones.createSpares();
  }

  async ensure(workbenchId: string): Promise<VolumeOutcome> {
    const path = join(this.#root, checkWorkbenchId(workbenchId));
    try {
      await mkdir(this.#root, { recursive: true, mode: 0o700 });
      if (await this.#tombstones.has(workbenchId)) return { kind: 'tombstoned' };
      if (await exists(join(this.#quarantined, workbenchId))) return QUARANTINED;
      const { limits } = this.#options;
      const created = await (limits?.create(path) ?? createDirectory(path));
      if (!(await lstat(path)).isDirectory()) {
        return toRefusal('The path of the folder for its files is not a folder.', false);
      }
      // A deletion that began in between has either found the folder or has its tombstone visible here.
      if (!(await this.#tombstones.has(workbenchId))) return { kind: 'ready', mount: { path } };
      if (created) await rmdir(path).catch(() => {});
      return { kind: 'tombstoned' };
    } catch (error) {
      if (isNoSpace(error)) throw toPortError('the volume cannot be created', error);
      if (error instanceof VolumeLimitFailed) {
        const shortage = probeSpace(this.#root);
        if (shortage !== undefined) throw new PortError('no_space', 'the volume cannot be created', shortage);
        return toRefusal('The size of the folder for its files cannot be limited.', true);
      }
      return toRefusal(
        `The folder for its files could not be created (${errorCode(error) || 'unknown error'}).`,
        true,
      );
    }
  }

  async deleteSlice(workbenchId: string): Promise<DeletionProgress> {
    const { dataDir } = this.#options;
    checkWorkbenchId(workbenchId);
    const budget = this.#budgetOfCall();
    try {
      // The tombstone is on disk before the first deletion, so that a partly deleted volume is never mounted.
      await this.#tombstones.write(workbenchId);
      // The volume comes last, so that its absence proves that everything is deleted.
      const folders = [...RELATED_FOLDERS.map((name) => join(dataDir, name)), this.#quarantined, this.#root];
      let deleted = 0;
      for (const folder of folders) {
        const removal = await removeSome(join(folder, workbenchId), budget, ENTRIES_AT_ONCE);
        deleted += removal.deleted;
        if (!removal.done) return { done: false, deleted };
      }
      await this.#tombstones.replaceSpares();
      // A limit that is left without a folder limits nothing.
      await this.#options.limits?.lift(join(this.#root, workbenchId)).catch(() => {});
      return { done: true, deleted };
    } catch (error) {
      throw toPortError('the volume cannot be deleted', error);
    }
  }

  async measureSlice(workbenchId: string, cursor?: string): Promise<VolumeSlice> {
    const path = join(this.#root, checkWorkbenchId(workbenchId));
    try {
      return await measureSome(path, cursor, this.#budgetOfCall(), ENTRIES_AT_ONCE);
    } catch (error) {
      throw toPortError('the volume cannot be measured', error);
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
      throw error instanceof RangeError ? error : toPortError('the volume cannot be deleted', error);
    }
  }

  async quarantine(workbenchId: string): Promise<void> {
    const path = join(this.#root, checkWorkbenchId(workbenchId));
    try {
      await mkdir(this.#quarantined, { recursive: true, mode: 0o700 });
      // The move fails if a quarantined volume with files exists under this name.
      await rename(path, join(this.#quarantined, workbenchId));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw toPortError('the volume cannot be quarantined', error);
    }
  }

  async list(cursor = ''): Promise<{ volumes: readonly VolumeObservation[]; cursor?: string }> {
    const entries = await readdir(this.#root, { withFileTypes: true }).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw new PortError('unavailable', 'the volumes cannot be listed', error);
    });
    const rest = entries
      .filter((entry) => entry.isDirectory() && isFolderName(entry.name) && entry.name > cursor)
      .map((entry) => entry.name)
      .sort();
    const volumes = await Promise.all(rest.slice(0, PAGE_MAX).map((id) => this.#observe(id)));
    const last = volumes.at(-1);
    return rest.length > PAGE_MAX && last !== undefined ? { volumes, cursor: last.workbenchId } : { volumes };
  }

  /**
   * Applies the size limit to a volume. Call it before a task uses the volume.
   * @throws VolumeLimitFailed
   */
  async applyLimit(workbenchId: string): Promise<void> {
    await this.#options.limits?.apply(join(this.#root, checkWorkbenchId(workbenchId)));
  }

  /** Returns undefined for a volume without a limit, or that cannot be read. */
  async readUse(workbenchId: string): Promise<VolumeUse | undefined> {
    return await this.#options.limits
      ?.readUse(join(this.#root, checkWorkbenchId(workbenchId)))
      .catch(() => undefined);
  }

  #budgetOfCall(): CallBudget {
    const { entriesPerCallMax = 1000, callMaxMs = 200, elapsed = () => performance.now() } = this.#options;
    return callBudget(entriesPerCallMax, callMaxMs, elapsed);
  }

  async #observe(workbenchId: string): Promise<VolumeObservation> {
    const times = await stat(join(this.#root, workbenchId)).catch(() => undefined);
    const createdAt = Math.floor(times?.birthtimeMs ?? 0);
    return createdAt > 0 ? { workbenchId, createdAt } : { workbenchId };
  }
}

const QUARANTINED = toRefusal(
  'The files of this workbench are in quarantine. An operator must decide about them.',
  false,
);

function toRefusal(message: string, retryable: boolean): VolumeOutcome {
  return { kind: 'refused', code: 'storage_failed', message, retryable };
}

function toPortError(what: string, error: unknown): PortError {
  const kind = isNoSpace(error) ? 'no_space' : 'unavailable';
  return new PortError(kind, `${what} (${errorCode(error)})`, error);
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
