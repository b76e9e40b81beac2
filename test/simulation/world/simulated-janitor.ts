import type { Janitor, VolumeLocation, VolumeMarker } from '#adapters/aws/efs/janitor.ts';
import type { DeletionProgress, VolumeObservation, VolumeSlice } from '#core/ports/volume-store.ts';
import type { Kernel } from '../kernel.ts';
import type { Directory, GroundTruth } from './ground-truth.ts';

const PAGE_SIZE = 1000;
/** A measurement takes several calls, since few workbenches have many files. */
const MEASURED_PER_CALL = 2;
/** Every file has this size, so that the costs of files are not lost in those of machines. */
export const SIMULATED_FILE_BYTES = 10 * 2 ** 30;

/** The janitor over the directories of the simulated file systems. */
export class SimulatedJanitor implements Janitor {
  readonly #kernel: Kernel;
  readonly #truth: GroundTruth;
  readonly #parent: string;
  readonly #entriesPerCall: number;
  /** Location → whether the access point has been deleted. */
  readonly #tombstones = new Map<string, boolean>();

  constructor(kernel: Kernel, truth: GroundTruth, options: { parent: string; entriesPerCall: number }) {
    this.#kernel = kernel;
    this.#truth = truth;
    this.#parent = options.parent;
    this.#entriesPerCall = options.entriesPerCall;
  }

  async readMarker(location: VolumeLocation): Promise<VolumeMarker | undefined> {
    if (this.#tombstones.has(this.#key(location))) return 'tombstone';
    return this.#truth.directories.has(this.#quarantineKey(location)) ? 'quarantine' : undefined;
  }

  async writeTombstone(location: VolumeLocation): Promise<{ detached: boolean }> {
    const key = this.#key(location);
    const detached = this.#tombstones.get(key) ?? false;
    this.#tombstones.set(key, detached);
    return { detached };
  }

  async markDetached(location: VolumeLocation): Promise<void> {
    this.#tombstones.set(this.#key(location), true);
  }

  async removeSome(location: VolumeLocation): Promise<DeletionProgress> {
    const key = this.#key(location);
    if (!this.#tombstones.has(key)) throw new Error(`the volume of ${location.workbenchId} has no tombstone`);
    let deleted = 0;
    for (const path of [key, this.#quarantineKey(location)]) {
      const directory = this.#truth.directories.get(path);
      if (directory === undefined) continue;
      for (const file of directory.files.keys()) {
        if (deleted >= this.#entriesPerCall) break;
        directory.files.delete(file);
        deleted += 1;
      }
      if (directory.files.size > 0 || deleted >= this.#entriesPerCall) {
        this.#recordRemoval(directory, deleted, false);
        return { done: false, deleted };
      }
      deleted += 1;
      this.#remove(path, directory, deleted);
    }
    return { done: true, deleted };
  }

  async measureSome(location: VolumeLocation, cursor = '0'): Promise<VolumeSlice> {
    const directory = this.#truth.directories.get(this.#key(location));
    const size = directory?.files.size ?? 0;
    if (directory === undefined) this.#truth.measuredMissing.add(location.workbenchId);
    if (cursor === '0') directory?.measurements.push({ from: size, to: size });
    for (const measurement of directory?.measurements ?? []) measurement.to = size;
    const begun = Math.min(size, Number(cursor));
    const end = Math.min(size, begun + MEASURED_PER_CALL);
    const bytes = (end - begun) * SIMULATED_FILE_BYTES;
    return end < size ? { bytes, cursor: String(end) } : { bytes };
  }

  async deleteIfEmpty(location: VolumeLocation): Promise<'deleted' | 'not_empty'> {
    const key = this.#key(location);
    const directory = this.#truth.directories.get(key);
    if (directory !== undefined && directory.files.size > 0) return 'not_empty';
    if (directory !== undefined) this.#remove(key, directory, 1);
    return 'deleted';
  }

  async quarantine(location: VolumeLocation): Promise<void> {
    const directory = this.#truth.directories.get(this.#key(location));
    if (directory === undefined) return;
    this.#truth.directories.delete(this.#key(location));
    this.#truth.directories.set(this.#quarantineKey(location), directory);
  }

  async findExisting(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]> {
    return workbenchIds.filter((workbenchId) =>
      this.#truth.directories.has(this.#key({ fileSystemId, workbenchId })),
    );
  }

  async list(
    fileSystemId: string,
    cursor = '',
  ): Promise<{ directories: readonly VolumeObservation[]; cursor?: string }> {
    const prefix = this.#key({ fileSystemId, workbenchId: '' });
    const rest = [...this.#truth.directories]
      .filter(([key]) => key.startsWith(prefix) && !key.slice(prefix.length).startsWith('.'))
      .map(([key, { createdAt }]) => ({ workbenchId: key.slice(prefix.length), createdAt }))
      .filter(({ workbenchId }) => workbenchId > cursor)
      .sort((a, b) => (a.workbenchId < b.workbenchId ? -1 : 1));
    const directories = rest.slice(0, PAGE_SIZE);
    const last = directories.at(-1);
    return rest.length > PAGE_SIZE && last !== undefined
      ? { directories, cursor: last.workbenchId }
      : { directories };
  }

  #remove(key: string, directory: Directory, deleted: number): void {
    this.#truth.directories.delete(key);
    directory.removedAt = this.#kernel.now();
    this.#recordRemoval(directory, deleted, true);
  }

  #recordRemoval(directory: Directory, deleted: number, directoryRemoved: boolean): void {
    const mountedBy = [...directory.mountedBy];
    this.#truth.removals.push({
      at: this.#kernel.now(),
      directory,
      deleted,
      directoryRemoved,
      mountedBy,
    });
  }

  #key({ fileSystemId, workbenchId }: VolumeLocation): string {
    return `${fileSystemId}:${this.#parent}/${workbenchId}`;
  }

  #quarantineKey({ fileSystemId, workbenchId }: VolumeLocation): string {
    return `${fileSystemId}:${this.#parent}/.quarantine/${workbenchId}`;
  }
}
