import type { UsageEntry, UsageStore } from '#core/ports/usage-store.ts';

/** A UsageStore in memory. */
export class MemoryUsageStore implements UsageStore {
  readonly #entries = new Map<string, UsageEntry>();

  async save(entries: readonly UsageEntry[]): Promise<void> {
    this.add(entries);
  }

  /** Stores entries at once, as part of the write of a record. */
  add(entries: readonly UsageEntry[]): void {
    for (const entry of entries) {
      const key = JSON.stringify([entry.userId, entry.month, entry.workbenchId, entry.seq]);
      if ((this.#entries.get(key)?.revision ?? 0) <= entry.revision) this.#entries.set(key, entry);
    }
  }

  async list(
    userId: string,
    month: string,
    { limit, after }: { readonly limit: number; readonly after?: string },
  ): Promise<readonly UsageEntry[]> {
    return this.listAll()
      .filter((entry) => entry.userId === userId && entry.month === month)
      .filter(({ workbenchId }) => after === undefined || workbenchId < after)
      .sort((one, other) => compareText(other.workbenchId, one.workbenchId) || other.seq - one.seq)
      .slice(0, limit);
  }

  /** Every entry, for the checks of the simulation. */
  listAll(): readonly UsageEntry[] {
    return [...this.#entries.values()];
  }
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
