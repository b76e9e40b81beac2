import { HISTORY_KEPT, type HistoryStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';

/** Histories in memory; expired ones stay until `sweep`, as they do in a table whose TTL deletion lags. */
export class MemoryHistoryStore implements HistoryStore {
  readonly #histories = new Map<string, Map<number, string>>();
  readonly #expiresAt = new Map<string, number>();

  async append(workbenchId: string, entries: readonly HistoryEntry[]): Promise<void> {
    const history = this.#histories.get(workbenchId) ?? new Map<number, string>();
    this.#histories.set(workbenchId, history);
    for (const entry of entries) {
      if (!history.has(entry.seq)) history.set(entry.seq, JSON.stringify(entry));
    }
    const newest = Math.max(0, ...history.keys());
    for (const seq of history.keys()) {
      if (seq <= newest - HISTORY_KEPT) history.delete(seq);
    }
  }

  async list(workbenchId: string): Promise<readonly HistoryEntry[]> {
    const history = this.#histories.get(workbenchId) ?? new Map<number, string>();
    return [...history.entries()].sort(([a], [b]) => b - a).map(([, text]) => JSON.parse(text));
  }

  async expire(workbenchId: string, at: number): Promise<void> {
    this.#expiresAt.set(workbenchId, at);
  }

  /** Removes the histories that have ended by `now` (milliseconds since 1970), as TTL deletion would. */
  deleteExpired(now: number): void {
    for (const [workbenchId, at] of this.#expiresAt) {
      if (at > now) continue;
      this.#histories.delete(workbenchId);
      this.#expiresAt.delete(workbenchId);
    }
  }
}
