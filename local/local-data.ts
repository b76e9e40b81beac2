import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import type { DrainStore } from '#core/ports/drain-store.ts';
import type { QuotaStore } from '#core/ports/quota-store.ts';
import type { ReportStore } from '#core/ports/report-store.ts';
import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { StartRateStore } from '#core/ports/start-rate-store.ts';
import type { StartTimesStore } from '#core/ports/start-times-store.ts';
import type { TicketStore } from '#core/ports/ticket-store.ts';
import type { UsageStore } from '#core/ports/usage-store.ts';
import type { HistoryStore, IdempotencyStore, WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Runtime } from './runtime-port.ts';

/** The records of local mode, wherever they are stored. */
export interface LocalData {
  readonly workbenches: WorkbenchStore;
  readonly history: HistoryStore;
  readonly idempotency: IdempotencyStore;
  readonly reports: ReportStore;
  readonly startRates: StartRateStore;
  readonly startTimes: StartTimesStore;
  readonly activity: ActivityStore;
  readonly audit: AuditStore;
  readonly tickets: TicketStore;
  readonly cutoffs: SessionCutoffStore;
  readonly shares: ShareStore;
  readonly links: ShareLinkStore;
  readonly drains: DrainStore;
  readonly usage: UsageStore;
  readonly quotas: QuotaStore;
  /** Deletes what has expired at `now` (milliseconds since 1970); a call may leave some of it to the next one. */
  deleteExpired(now: number): Promise<void>;
  /** Lines for the banner. */
  readonly summary: Runtime['summary'];
}
