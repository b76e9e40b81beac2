import type { Clock } from '#core/ports/clock.ts';
import type {
  VolumeObservation,
  VolumeOutcome,
  VolumeStore,
  WipeProgress,
} from '#core/ports/volume-store.ts';

export interface MemoryVolumesOptions {
  readonly clock: Clock;
  /** Entries removed by one call of wipe. @default 1,000 */
  readonly wipePerCall?: number;
}

interface MemoryVolume {
  readonly createdAt: number;
  readonly files: Set<string>;
}

const PAGE = 1000;

/** Volumes that live in memory: sets of file names. */
export class MemoryVolumes implements VolumeStore {
  readonly #options: MemoryVolumesOptions;
  readonly #volumes = new Map<string, MemoryVolume>();
  readonly #wiped = new Set<string>();
  readonly #aside = new Map<string, MemoryVolume>();
  #answers: (() => VolumeOutcome | undefined)[] = [];

  constructor(options: MemoryVolumesOptions) {
    this.#options = options;
  }

  /** The next call of `ensure` calls this first: it may throw, or answer a refusal. */
  next(answer: () => VolumeOutcome | undefined): void {
    this.#answers.push(answer);
  }

  /** The files of a volume; undefined when there is no such volume. */
  files(workbenchId: string): Set<string> | undefined {
    return this.#volumes.get(workbenchId)?.files;
  }

  async ensure(workbenchId: string): Promise<VolumeOutcome> {
    const answer = this.#answers.shift()?.();
    if (answer !== undefined) return answer;
    if (this.#wiped.has(workbenchId)) return { kind: 'wiped' };
    if (this.#aside.has(workbenchId)) {
      const message = 'The files of this workbench have been set aside.';
      return { kind: 'refused', code: 'storage_failed', message, retryable: false };
    }
    if (!this.#volumes.has(workbenchId)) {
      this.#volumes.set(workbenchId, { createdAt: this.#options.clock.now(), files: new Set() });
    }
    return { kind: 'ready', mount: { path: `/volumes/${workbenchId}` } };
  }

  async wipe(workbenchId: string): Promise<WipeProgress> {
    this.#wiped.add(workbenchId);
    const volume = this.#volumes.get(workbenchId) ?? this.#aside.get(workbenchId);
    if (volume === undefined) return { done: true, removed: 0 };
    let removed = 0;
    for (const file of volume.files) {
      if (removed >= (this.#options.wipePerCall ?? 1000)) return { done: false, removed };
      volume.files.delete(file);
      removed += 1;
    }
    this.#volumes.delete(workbenchId);
    this.#aside.delete(workbenchId);
    return { done: true, removed: removed + 1 };
  }

  async removeEmpty(workbenchId: string): Promise<'removed' | 'not_empty'> {
    if ((this.#volumes.get(workbenchId)?.files.size ?? 0) > 0) return 'not_empty';
    this.#volumes.delete(workbenchId);
    return 'removed';
  }

  async quarantine(workbenchId: string): Promise<void> {
    const volume = this.#volumes.get(workbenchId);
    if (volume === undefined) return;
    this.#aside.set(workbenchId, volume);
    this.#volumes.delete(workbenchId);
  }

  async list(cursor = ''): Promise<{ volumes: readonly VolumeObservation[]; cursor?: string }> {
    const rest = [...this.#volumes]
      .map(([workbenchId, { createdAt }]) => ({ workbenchId, createdAt }))
      .filter((volume) => volume.workbenchId > cursor)
      .sort((a, b) => (a.workbenchId < b.workbenchId ? -1 : 1));
    const volumes = rest.slice(0, PAGE);
    const last = volumes.at(-1);
    return rest.length > PAGE && last !== undefined ? { volumes, cursor: last.workbenchId } : { volumes };
  }
}
