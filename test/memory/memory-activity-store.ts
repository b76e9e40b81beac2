import type { ActivityStore } from '#core/ports/activity-store.ts';

/** An ActivityStore in memory. It keeps every time. */
export class MemoryActivityStore implements ActivityStore {
  /** Workbench id → milliseconds since 1970. */
  readonly #seen = new Map<string, number>();

  async record(workbenchId: string, at: number): Promise<void> {
    this.#seen.set(workbenchId, Math.max(at, this.#seen.get(workbenchId) ?? at));
  }

  async read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(
      workbenchIds.flatMap((id) => {
        const at = this.#seen.get(id);
        return at === undefined ? [] : [[id, at] as const];
      }),
    );
  }

  async delete(workbenchId: string): Promise<void> {
    this.#seen.delete(workbenchId);
  }
}
