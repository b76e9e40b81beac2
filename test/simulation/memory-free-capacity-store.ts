import {
  FREE_CAPACITY_LISTED_MAX,
  FREE_CAPACITY_MAX_AGE_MS,
  type FreeCapacityStore,
  type InstanceFreeCapacity,
} from '#core/ports/free-capacity-store.ts';

/** Room in memory. */
export class MemoryFreeCapacityStore implements FreeCapacityStore {
  /** By machine: its last word. */
  readonly #reports = new Map<string, { version: number; at: number; room?: InstanceFreeCapacity }>();

  async save(room: InstanceFreeCapacity): Promise<void> {
    this.#record(room, structuredClone(room));
  }

  async remove(machine: Pick<InstanceFreeCapacity, 'containerInstanceId' | 'version' | 'at'>): Promise<void> {
    this.#record(machine);
  }

  async list(now: number): Promise<readonly InstanceFreeCapacity[]> {
    const listed: InstanceFreeCapacity[] = [];
    for (const [containerInstanceId, { at, room }] of this.#reports) {
      if (at + FREE_CAPACITY_MAX_AGE_MS <= now) this.#reports.delete(containerInstanceId);
      else if (room !== undefined && listed.length < FREE_CAPACITY_LISTED_MAX)
        listed.push(structuredClone(room));
    }
    return listed;
  }

  #record(
    {
      containerInstanceId,
      version,
      at,
    }: Pick<InstanceFreeCapacity, 'containerInstanceId' | 'version' | 'at'>,
    room?: InstanceFreeCapacity,
  ): void {
    const before = this.#reports.get(containerInstanceId);
    if (before !== undefined && before.version >= version) return;
    this.#reports.set(containerInstanceId, { version, at, ...(room === undefined ? {} : { room }) });
  }
}
