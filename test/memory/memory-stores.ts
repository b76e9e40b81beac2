import * as z from 'zod/mini';
import { REPORTS_LISTED_MAX, type ReportStore } from '#core/ports/report-store.ts';
import {
  HISTORY_ENTRIES_MAX,
  type HistoryStore,
  type IdempotencyClaim,
  type IdempotencyStore,
} from '#core/ports/workbench-store.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { type HistoryEntry, historyEntrySchema } from '#core/workbench/history.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { eventIdOf, type WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { MemoryActivityStore } from './memory-activity-store.ts';
import { MemoryAuditStore } from './memory-audit-store.ts';
import { MemoryDrainStore } from './memory-drain-store.ts';
import { MemoryQuotaStore } from './memory-quota-store.ts';
import { MemorySessionCutoffStore } from './memory-session-cutoff-store.ts';
import type { MemoryShareLinkStore } from './memory-share-link-store.ts';
import { MemoryShareStore } from './memory-share-store.ts';
import { MemoryStartTimesStore } from './memory-start-times-store.ts';
import { MemoryTicketStore } from './memory-ticket-store.ts';
import { MemoryUsageStore } from './memory-usage-store.ts';
import { frozenJson, MemoryWorkbenchStore } from './memory-workbench-store.ts';

/** A HistoryStore in memory. An expired history remains until `deleteExpired`, as in a table whose TTL deletion is late. */
export class MemoryHistoryStore implements HistoryStore {
  readonly #histories = new Map<string, Map<number, string>>();
  readonly #expiresAt = new Map<string, number>();
  /** Receives each new entry with its event, as the stream of a table does. */
  onNewEntry: (workbenchId: string, entry: HistoryEntry, event: WorkbenchEvent | undefined) => void =
    () => {};

  async append(
    workbenchId: string,
    entries: readonly HistoryEntry[],
    events: readonly WorkbenchEvent[] = [],
  ): Promise<void> {
    const history = this.#histories.get(workbenchId) ?? new Map<number, string>();
    this.#histories.set(workbenchId, history);
    for (const entry of entries) {
      if (history.has(entry.seq)) continue;
      history.set(entry.seq, JSON.stringify(z.encode(historyEntrySchema, entry)));
      const event = events.find(({ id }) => id === eventIdOf(workbenchId, entry));
      this.onNewEntry(workbenchId, entry, event);
    }
    const newest = Math.max(0, ...history.keys());
    for (const seq of history.keys()) {
      if (seq <= newest - HISTORY_ENTRIES_MAX) history.delete(seq);
    }
  }

  async list(workbenchId: string): Promise<readonly HistoryEntry[]> {
    const history = this.#histories.get(workbenchId) ?? new Map<number, string>();
    return [...history.entries()]
      .sort(([a], [b]) => b - a)
      .map(([, text]) => historyEntrySchema.parse(JSON.parse(text)));
  }

  /** The entry as it is stored; undefined if there is none. */
  storedEntry(workbenchId: string, seq: number): unknown {
    const text = this.#histories.get(workbenchId)?.get(seq);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async expire(workbenchId: string, at: number): Promise<void> {
    this.#expiresAt.set(workbenchId, at);
  }

  /** Deletes the histories that have expired by `now` (milliseconds since 1970), as TTL deletion does. */
  deleteExpired(now: number): void {
    for (const [workbenchId, at] of this.#expiresAt) {
      if (at > now) continue;
      this.#histories.delete(workbenchId);
      this.#expiresAt.delete(workbenchId);
    }
  }
}

interface StoredClaim {
  readonly claim: IdempotencyClaim;
  readonly completedBy?: string;
}

/** An IdempotencyStore in memory. An expired claim remains until the key is claimed again. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  /** User id → key → claim. */
  readonly #users = new Map<string, Map<string, StoredClaim>>();

  async claim(
    claim: Omit<IdempotencyClaim, 'state'>,
    now: number,
  ): Promise<{ readonly claim: IdempotencyClaim; readonly claimed: boolean }> {
    const claims = this.#users.get(claim.userId) ?? new Map<string, StoredClaim>();
    this.#users.set(claim.userId, claims);
    const existing = claims.get(claim.key)?.claim;
    if (existing !== undefined && existing.expiresAt > now) {
      return { claim: { ...existing }, claimed: existing.workbenchId === claim.workbenchId };
    }
    const { userId, key, workbenchId, bodyHash, expiresAt } = claim;
    const created: IdempotencyClaim = { userId, key, workbenchId, bodyHash, state: 'open', expiresAt };
    claims.set(key, { claim: created });
    return { claim: { ...created }, claimed: true };
  }

  async complete(
    userId: string,
    key: string,
    workbenchId: string,
    completedBy: string,
  ): Promise<'completed' | 'already' | 'gone'> {
    const claims = this.#users.get(userId);
    const stored = claims?.get(key);
    if (claims === undefined || stored?.claim.workbenchId !== workbenchId) return 'gone';
    if (stored.claim.state === 'done') return stored.completedBy === completedBy ? 'completed' : 'already';
    claims.set(key, { claim: { ...stored.claim, state: 'done' }, completedBy });
    return 'completed';
  }

  /** Whether the claim is open and names this workbench. */
  isOpen({ userId, workbenchId }: WorkbenchKey, key: string): boolean {
    const claim = this.#users.get(userId)?.get(key)?.claim;
    return claim?.state === 'open' && claim.workbenchId === workbenchId;
  }
}

/** A ReportStore in memory. */
export class MemoryReportStore implements ReportStore {
  readonly #reports = new Map<string, ReconcileReport>();

  async add(report: ReconcileReport): Promise<void> {
    this.#reports.set(`${report.endedAt}#${report.sweep}`, frozenJson(report) as ReconcileReport);
  }

  async list(): Promise<readonly ReconcileReport[]> {
    const newestFirst = [...this.#reports.values()].sort((a, b) => b.endedAt - a.endedAt);
    return newestFirst.slice(0, REPORTS_LISTED_MAX);
  }
}

export { MemoryWorkbenchStore };

export interface MemoryStores {
  readonly workbenches: MemoryWorkbenchStore;
  readonly history: MemoryHistoryStore;
  readonly idempotency: MemoryIdempotencyStore;
  readonly activity: MemoryActivityStore;
  readonly audit: MemoryAuditStore;
  readonly tickets: MemoryTicketStore;
  readonly cutoffs: MemorySessionCutoffStore;
  readonly shares: MemoryShareStore;
  readonly links: MemoryShareLinkStore;
  readonly drains: MemoryDrainStore;
  readonly usage: MemoryUsageStore;
  readonly quotas: MemoryQuotaStore;
  readonly startTimes: MemoryStartTimesStore;
}

/** Empty stores, under the names that use cases expect. */
export function memoryStores(): MemoryStores {
  const idempotency = new MemoryIdempotencyStore();
  const shares = new MemoryShareStore();
  const usage = new MemoryUsageStore();
  return {
    workbenches: new MemoryWorkbenchStore(
      undefined,
      undefined,
      undefined,
      (workbench, key) => idempotency.isOpen(workbench, key),
      (entries) => usage.add(entries),
    ),
    history: new MemoryHistoryStore(),
    idempotency,
    activity: new MemoryActivityStore(),
    audit: new MemoryAuditStore(),
    tickets: new MemoryTicketStore(),
    cutoffs: new MemorySessionCutoffStore(),
    shares,
    links: shares.links,
    drains: new MemoryDrainStore(),
    usage,
    quotas: new MemoryQuotaStore(),
    startTimes: new MemoryStartTimesStore(),
  };
}
