import type { DrainStore, MachineDrain } from '#core/ports/drain-store.ts';

/** A DrainStore in memory. */
export class MemoryDrainStore implements DrainStore {
  readonly #drains = new Map<string, MachineDrain>();

  async put(drain: MachineDrain): Promise<void> {
    this.#drains.set(drain.machineId, drain);
  }

  async remove(machineId: string): Promise<void> {
    this.#drains.delete(machineId);
  }

  async list(): Promise<readonly MachineDrain[]> {
    return [...this.#drains.values()];
  }
}
