import type { ActivityStore } from '#core/ports/activity-store.ts';
import { AUDIT_DEFAULT_DAYS, type AuditStore } from '#core/ports/audit-store.ts';
import type { DrainStore } from '#core/ports/drain-store.ts';
import type { FreeCapacityStore } from '#core/ports/free-capacity-store.ts';
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
import { SqliteActivityStore } from './activity-store.ts';
import { SqliteAuditStore } from './audit-store.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { SqliteDrainStore } from './drain-store.ts';
import { deleteExpiredRows } from './expired-rows.ts';
import { SqliteFreeCapacityStore } from './free-capacity-store.ts';
import { SqliteHistoryStore } from './history-store.ts';
import { SqliteIdempotencyStore } from './idempotency-store.ts';
import { SqliteQuotaStore } from './quota-store.ts';
import { SqliteReportStore } from './report-store.ts';
import { SqliteSessionCutoffStore } from './session-cutoff-store.ts';
import { SqliteShareLinkStore } from './share-link-store.ts';
import { SqliteShareStore } from './share-store.ts';
import { SqliteStartRateStore } from './start-rate-store.ts';
import { SqliteStartTimesStore } from './start-times-store.ts';
import { SqliteTicketStore } from './ticket-store.ts';
import { SqliteUsageStore } from './usage-store.ts';
import { SqliteWorkbenchStore } from './workbench-store.ts';

/** The name of the database file in a data folder. */
export const STATE_FILE = 'state.db';

/** The folder of the records in the first versions, which had another format. */
export const FORMER_TABLE = 'table';

/** All stores over one SQLite database. */
export interface SqliteStores {
  readonly database: Database;
  readonly workbenches: WorkbenchStore;
  readonly history: HistoryStore;
  readonly idempotency: IdempotencyStore;
  readonly reports: ReportStore;
  readonly freeCapacity: FreeCapacityStore;
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
  /** Deletes the rows that have expired at `now` (milliseconds since 1970) and returns their number. */
  deleteExpired(now: number): Promise<number>;
  /** Completes the writes in progress, then closes the file. */
  close(): Promise<void>;
}

export interface StoresOptions extends DatabaseOptions {
  /** How long audit events are kept. @default AUDIT_DEFAULT_DAYS */
  readonly auditDays?: number;
}

/**
 * Opens the database and creates it if it does not exist.
 * @param path of the file in an existing folder, or `:memory:`
 * @throws DatabaseRefused when the file cannot be used; PortError when it cannot be read or written
 */
export function openStores(path: string, options: StoresOptions): SqliteStores {
  const { telemetry, auditDays = AUDIT_DEFAULT_DAYS } = options;
  const database = new Database(path, options);
  return {
    database,
    workbenches: new SqliteWorkbenchStore(database, telemetry),
    history: new SqliteHistoryStore(database, telemetry),
    idempotency: new SqliteIdempotencyStore(database),
    reports: new SqliteReportStore(database, telemetry),
    freeCapacity: new SqliteFreeCapacityStore(database),
    startRates: new SqliteStartRateStore(database),
    startTimes: new SqliteStartTimesStore(database),
    activity: new SqliteActivityStore(database),
    audit: new SqliteAuditStore(database, telemetry, auditDays),
    tickets: new SqliteTicketStore(database),
    cutoffs: new SqliteSessionCutoffStore(database),
    shares: new SqliteShareStore(database),
    links: new SqliteShareLinkStore(database),
    drains: new SqliteDrainStore(database),
    usage: new SqliteUsageStore(database),
    quotas: new SqliteQuotaStore(database),
    deleteExpired: (now) => deleteExpiredRows((act) => database.write(act), now),
    close: () => database.close(),
  };
}
