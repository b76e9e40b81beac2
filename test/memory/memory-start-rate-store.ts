import type { StartRateStore } from '#core/ports/start-rate-store.ts';

/** A StartRateStore in memory. It keeps every count. */
export class MemoryStartRateStore implements StartRateStore {
  /** User id → minute → number of starts. */
  readonly #users = new Map<string, Map<number, number>>();

  async count(userId: string, minute: number, max: number): Promise<'counted' | 'full'> {
    const counts = this.#users.get(userId) ?? new Map<number, number>();
    this.#users.set(userId, counts);
    const count = counts.get(minute) ?? 0;
    if (count >= max) return 'full';
    counts.set(minute, count + 1);
    return 'counted';
  }
}
