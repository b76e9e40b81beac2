import {
  type CapacityVersion,
  FREE_CAPACITY_LISTED_MAX,
  FREE_CAPACITY_MAX_AGE_MS,
  type FreeCapacityStore,
  type InstanceFreeCapacity,
} from '#core/ports/free-capacity-store.ts';

/** A FreeCapacityStore in memory. */
export class MemoryFreeCapacityStore implements FreeCapacityStore {
  /** Container instance id → its newest report; without `free` if the instance was removed. */
  readonly #reports = new Map<string, { version: number; at: number; free?: InstanceFreeCapacity }>();

  async save(free: InstanceFreeCapacity): Promise<void> {
    this.#record(free, structuredClone(free));
  }

  async remove(report: CapacityVersion): Promise<void> {
    this.#record(report);
  }

  async list(now: number): Promise<readonly InstanceFreeCapacity[]> {
    const listed: InstanceFreeCapacity[] = [];
    for (const [containerInstanceId, { at, free }] of this.#reports) {
      if (at + FREE_CAPACITY_MAX_AGE_MS <= now) this.#reports.delete(containerInstanceId);
      else if (free !== undefined && listed.length < FREE_CAPACITY_LISTED_MAX)
        listed.push(structuredClone(free));
    }
    return listed;
  }

  #record({ containerInstanceId, version, at }: CapacityVersion, free?: InstanceFreeCapacity): void {
    const newest = this.#reports.get(containerInstanceId);
    if (newest !== undefined && newest.version >= version) return;
    this.#reports.set(containerInstanceId, { version, at, ...(free === undefined ? {} : { free }) });
  }
}
