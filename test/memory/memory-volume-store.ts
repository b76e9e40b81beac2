import type { Clock } from '#core/ports/clock.ts';
import type {
  DeletionProgress,
  VolumeObservation,
  VolumeOutcome,
  VolumeSlice,
  VolumeStore,
} from '#core/ports/volume-store.ts';

export interface MemoryVolumeStoreOptions {
  readonly clock: Clock;
  /** The maximum number of files that one call of `deleteSlice` deletes, or of `measureSlice` measures. @default 1,000 */
  readonly filesPerCall?: number;
}

interface MemoryVolume {
  readonly createdAt: number;
  readonly files: Set<string>;
}

const PAGE_SIZE = 1000;
/** Every file has this size. */
export const MEMORY_FILE_BYTES = 4096;

/** A VolumeStore in memory. A volume is a set of file names. */
export class MemoryVolumeStore implements VolumeStore {
  readonly #options: MemoryVolumeStoreOptions;
  readonly #volumes = new Map<string, MemoryVolume>();
  readonly #tombstones = new Set<string>();
  readonly #quarantined = new Map<string, MemoryVolume>();
  #plannedOutcomes: (() => VolumeOutcome | undefined)[] = [];

  constructor(options: MemoryVolumeStoreOptions) {
    this.#options = options;
  }

  /**
   * Plans the outcome of the next call of `ensure`. `outcome` may throw, or return a refusal; if it returns undefined, the
   * call succeeds.
   */
  onNextEnsure(outcome: () => VolumeOutcome | undefined): void {
    this.#plannedOutcomes.push(outcome);
  }

  /** The file names of a volume; undefined if the volume does not exist. */
  files(workbenchId: string): Set<string> | undefined {
    return this.#volumes.get(workbenchId)?.files;
  }

  async ensure(workbenchId: string): Promise<VolumeOutcome> {
    const planned = this.#plannedOutcomes.shift()?.();
    if (planned !== undefined) return planned;
    if (this.#tombstones.has(workbenchId)) return { kind: 'tombstoned' };
    if (this.#quarantined.has(workbenchId)) {
      const message = 'The volume of this workbench is in quarantine.';
      return { kind: 'refused', code: 'storage_failed', message, retryable: false };
    }
    if (!this.#volumes.has(workbenchId)) {
      this.#volumes.set(workbenchId, { createdAt: this.#options.clock.now(), files: new Set() });
    }
    return { kind: 'ready', mount: { path: `/volumes/${workbenchId}` } };
  }

  async deleteSlice(workbenchId: string): Promise<DeletionProgress> {
    this.#tombstones.add(workbenchId);
    const volume = this.#volumes.get(workbenchId) ?? this.#quarantined.get(workbenchId);
    if (volume === undefined) return { done: true, deleted: 0 };
    let deleted = 0;
    for (const file of volume.files) {
      if (deleted >= (this.#options.filesPerCall ?? 1000)) return { done: false, deleted };
      volume.files.delete(file);
      deleted += 1;
    }
    this.#volumes.delete(workbenchId);
    this.#quarantined.delete(workbenchId);
    return { done: true, deleted: deleted + 1 };
  }

  async measureSlice(workbenchId: string, cursor = '0'): Promise<VolumeSlice> {
    const { size = 0 } = this.#volumes.get(workbenchId)?.files ?? {};
    const begun = Number(cursor);
    const end = Math.min(size, begun + (this.#options.filesPerCall ?? 1000));
    const bytes = (end - begun) * MEMORY_FILE_BYTES;
    return end < size ? { bytes, cursor: String(end) } : { bytes };
  }

  async deleteIfEmpty(workbenchId: string): Promise<'deleted' | 'not_empty'> {
    if ((this.#volumes.get(workbenchId)?.files.size ?? 0) > 0) return 'not_empty';
    this.#volumes.delete(workbenchId);
    return 'deleted';
  }

  async quarantine(workbenchId: string): Promise<void> {
    const volume = this.#volumes.get(workbenchId);
    if (volume === undefined) return;
    this.#quarantined.set(workbenchId, volume);
    this.#volumes.delete(workbenchId);
  }

  async list(cursor = ''): Promise<{ volumes: readonly VolumeObservation[]; cursor?: string }> {
    const rest = [...this.#volumes]
      .map(([workbenchId, { createdAt }]) => ({ workbenchId, createdAt }))
      .filter((volume) => volume.workbenchId > cursor)
      .sort((a, b) => (a.workbenchId < b.workbenchId ? -1 : 1));
    const volumes = rest.slice(0, PAGE_SIZE);
    const last = volumes.at(-1);
    return rest.length > PAGE_SIZE && last !== undefined
      ? { volumes, cursor: last.workbenchId }
      : { volumes };
  }
}
