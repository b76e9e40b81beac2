import type { VolumeMarker, Janitor, VolumeLocation } from '#adapters/aws/efs/janitor.ts';
import type { VolumeObservation, WipeProgress } from '#core/ports/volume-store.ts';
import type { Kernel } from '../kernel.ts';
import type { Directory, Truth } from './ground-truth.ts';

const PAGE_SIZE = 1000;

/** The janitor's mount of the parent directories, in the simulated world. */
export class SimulatedJanitor implements Janitor {
  readonly #kernel: Kernel;
  readonly #truth: Truth;
  readonly #parent: string;
  readonly #entriesPerCall: number;
  /** place → whether the access point is known to be gone */
  readonly #tombstones = new Map<string, boolean>();

  constructor(kernel: Kernel, truth: Truth, options: { parent: string; entriesPerCall: number }) {
    this.#kernel = kernel;
    this.#truth = truth;
    this.#parent = options.parent;
    this.#entriesPerCall = options.entriesPerCall;
  }

  async readMarker(place: VolumeLocation): Promise<VolumeMarker | undefined> {
    if (this.#tombstones.has(this.#key(place))) return 'wiped';
    return this.#truth.directories.has(this.#quarantineKey(place)) ? 'aside' : undefined;
  }

  async writeTombstone(place: VolumeLocation): Promise<{ detached: boolean }> {
    const key = this.#key(place);
    const detached = this.#tombstones.get(key) ?? false;
    this.#tombstones.set(key, detached);
    return { detached };
  }

  async detached(place: VolumeLocation): Promise<void> {
    this.#tombstones.set(this.#key(place), true);
  }

  async removeSome(place: VolumeLocation): Promise<WipeProgress> {
    const key = this.#key(place);
    if (!this.#tombstones.has(key)) throw new Error('its wipe has not begun');
    let removed = 0;
    for (const at of [key, this.#quarantineKey(place)]) {
      const directory = this.#truth.directories.get(at);
      if (directory === undefined) continue;
      for (const file of directory.files.keys()) {
        if (removed >= this.#entriesPerCall) break;
        directory.files.delete(file);
        removed += 1;
      }
      if (directory.files.size > 0 || removed >= this.#entriesPerCall) {
        this.#recordRemoval(directory, removed, false);
        return { done: false, removed };
      }
      removed += 1;
      this.#remove(at, directory, removed);
    }
    return { done: true, removed };
  }

  async removeEmpty(place: VolumeLocation): Promise<'removed' | 'not_empty'> {
    const key = this.#key(place);
    const directory = this.#truth.directories.get(key);
    if (directory !== undefined && directory.files.size > 0) return 'not_empty';
    if (directory !== undefined) this.#remove(key, directory, 1);
    return 'removed';
  }

  async quarantine(place: VolumeLocation): Promise<void> {
    const directory = this.#truth.directories.get(this.#key(place));
    if (directory === undefined) return;
    this.#truth.directories.delete(this.#key(place));
    this.#truth.directories.set(this.#quarantineKey(place), directory);
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

  #remove(key: string, directory: Directory, removed: number): void {
    this.#truth.directories.delete(key);
    directory.removedAt = this.#kernel.now();
    this.#recordRemoval(directory, removed, true);
  }

  #recordRemoval(directory: Directory, removed: number, root: boolean): void {
    const mountedBy = [...directory.mountedBy];
    this.#truth.removals.push({ at: this.#kernel.now(), directory, removed, root, mountedBy });
  }

  #key({ fileSystemId, workbenchId }: VolumeLocation): string {
    return `${fileSystemId}:${this.#parent}/${workbenchId}`;
  }

  #quarantineKey({ fileSystemId, workbenchId }: VolumeLocation): string {
    return `${fileSystemId}:${this.#parent}/.quarantine/${workbenchId}`;
  }
}
