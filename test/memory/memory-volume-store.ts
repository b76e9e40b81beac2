import type { Clock } from '#core/ports/clock.ts';
import type {
  DeletionProgress,
  VolumeObservation,
  VolumeOutcome,
  VolumeStore,
} from '#core/ports/volume-store.ts';

export interface MemoryVolumeStoreOptions {
  readonly clock: Clock;
  /** Entries deleted by one call of wipe. @default 1,000 */
  readonly filesPerCall?: number;
}

interface MemoryVolume {
  readonly createdAt: number;
  readonly files: Set<string>;
}

const PAGE_SIZE = 1000;

/** Volumes that live in memory: sets of file names. */
export class MemoryVolumeStore implements VolumeStore {
  readonly #options: MemoryVolumeStoreOptions;
  readonly #volumes = new Map<string, MemoryVolume>();
  readonly #deleted = new Set<string>();
  readonly #quarantined = new Map<string, MemoryVolume>();
  #plannedOutcomes: (() => VolumeOutcome | undefined)[] = [];

  constructor(options: MemoryVolumeStoreOptions) {
    this.#options = options;
  }

  /** The next call of `ensure` calls this first: it may throw, or answer a refusal. */
  onNextEnsure(answer: () => VolumeOutcome | undefined): void {
    this.#plannedOutcomes.push(answer);
  }

  /** The files of a volume; undefined when there is no such volume. */
  files(workbenchId: string): Set<string> | undefined {
    return this.#volumes.get(workbenchId)?.files;
  }

  async ensure(workbenchId: string): Promise<VolumeOutcome> {
    const answer = this.#plannedOutcomes.shift()?.();
    if (answer !== undefined) return answer;
    if (this.#deleted.has(workbenchId)) return { kind: 'tombstoned' };
    if (this.#quarantined.has(workbenchId)) {
      const message = 'The files of this workbench have been set aside.';
      return { kind: 'refused', code: 'storage_failed', message, retryable: false };
    }
    if (!this.#volumes.has(workbenchId)) {
      this.#volumes.set(workbenchId, { createdAt: this.#options.clock.now(), files: new Set() });
    }
    return { kind: 'ready', mount: { path: `/volumes/${workbenchId}` } };
  }

  async deleteSlice(workbenchId: string): Promise<DeletionProgress> {
    this.#deleted.add(workbenchId);
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
