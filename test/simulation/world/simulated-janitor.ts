import type { Fate, Janitor, Place } from '#adapters/aws/efs/janitor.ts';
import type { VolumeObservation, WipeProgress } from '#core/ports/volume-store.ts';
import type { Kernel } from '../kernel.ts';
import type { Directory, Truth } from './truth.ts';

const PAGE = 1000;

/** The janitor's mount of the parent directories, in the simulated world. */
export class SimulatedJanitor implements Janitor {
  readonly #kernel: Kernel;
  readonly #truth: Truth;
  readonly #parent: string;
  readonly #entriesPerCall: number;
  /** place → whether the access point is known to be gone */
  readonly #wiped = new Map<string, boolean>();

  constructor(kernel: Kernel, truth: Truth, options: { parent: string; entriesPerCall: number }) {
    this.#kernel = kernel;
    this.#truth = truth;
    this.#parent = options.parent;
    this.#entriesPerCall = options.entriesPerCall;
  }

  async fate(place: Place): Promise<Fate | undefined> {
    if (this.#wiped.has(this.#key(place))) return 'wiped';
    return this.#truth.directories.has(this.#asideKey(place)) ? 'aside' : undefined;
  }

  async begin(place: Place): Promise<{ detached: boolean }> {
    const key = this.#key(place);
    const detached = this.#wiped.get(key) ?? false;
    this.#wiped.set(key, detached);
    return { detached };
  }

  async detached(place: Place): Promise<void> {
    this.#wiped.set(this.#key(place), true);
  }

  async removeSome(place: Place): Promise<WipeProgress> {
    const key = this.#key(place);
    if (!this.#wiped.has(key)) throw new Error('its wipe has not begun');
    let removed = 0;
    for (const at of [key, this.#asideKey(place)]) {
      const directory = this.#truth.directories.get(at);
      if (directory === undefined) continue;
      for (const file of directory.files.keys()) {
        if (removed >= this.#entriesPerCall) break;
        directory.files.delete(file);
        removed += 1;
      }
      if (directory.files.size > 0 || removed >= this.#entriesPerCall) {
        this.#noteRemoval(directory, removed, false);
        return { done: false, removed };
      }
      removed += 1;
      this.#remove(at, directory, removed);
    }
    return { done: true, removed };
  }

  async removeEmpty(place: Place): Promise<'removed' | 'not_empty'> {
    const key = this.#key(place);
    const directory = this.#truth.directories.get(key);
    if (directory !== undefined && directory.files.size > 0) return 'not_empty';
    if (directory !== undefined) this.#remove(key, directory, 1);
    return 'removed';
  }

  async setAside(place: Place): Promise<void> {
    const directory = this.#truth.directories.get(this.#key(place));
    if (directory === undefined) return;
    this.#truth.directories.delete(this.#key(place));
    this.#truth.directories.set(this.#asideKey(place), directory);
  }

  async present(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]> {
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
    const directories = rest.slice(0, PAGE);
    const last = directories.at(-1);
    return rest.length > PAGE && last !== undefined
      ? { directories, cursor: last.workbenchId }
      : { directories };
  }

  #remove(key: string, directory: Directory, removed: number): void {
    this.#truth.directories.delete(key);
    directory.removedAt = this.#kernel.now();
    this.#noteRemoval(directory, removed, true);
  }

  #noteRemoval(directory: Directory, removed: number, root: boolean): void {
    const mountedBy = [...directory.mountedBy];
    this.#truth.removals.push({ at: this.#kernel.now(), directory, removed, root, mountedBy });
  }

  #key({ fileSystemId, workbenchId }: Place): string {
    return `${fileSystemId}:${this.#parent}/${workbenchId}`;
  }

  #asideKey({ fileSystemId, workbenchId }: Place): string {
    return `${fileSystemId}:${this.#parent}/.quarantine/${workbenchId}`;
  }
}
