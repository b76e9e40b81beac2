import { join } from 'node:path';
import { AuditFiles } from '#adapters/local/audit-files.ts';
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
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { TicketStore } from '#core/ports/ticket-store.ts';
import type { UsageStore } from '#core/ports/usage-store.ts';
import type { HistoryStore, IdempotencyStore, WorkbenchStore } from '#core/ports/workbench-store.ts';
import { openDataFolder } from './data-folder.ts';
import type { Runtime } from './runtime-port.ts';
import type { LocalSettings } from './settings.ts';
import type { Shutdown } from './shutdown.ts';
import { openSqliteData } from './sqlite-data.ts';

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

export type DataSettings = Pick<LocalSettings, 'dataDir' | 'tableEndpoint'> & {
  readonly functions: Pick<LocalSettings['functions'], 'WB_TABLE_NAME' | 'WB_AUDIT_DAYS'>;
};

/**
 * Locks the data folder and opens the records: in the folder, or in the table at WB_TABLE_ENDPOINT. Must be called
 * before any other use of the folder, because the lock detects a second server on the same folder.
 * @throws StartError when the folder or the table cannot be used
 */
export async function openData(
  { dataDir, tableEndpoint, functions }: DataSettings,
  telemetry: Telemetry,
  shutdown: Shutdown,
): Promise<LocalData> {
  await openDataFolder(dataDir, shutdown);
  const { WB_TABLE_NAME: tableName, WB_AUDIT_DAYS: auditDays } = functions;
  const withFiles = (data: LocalData): LocalData => {
    const folder = join(dataDir, 'audit');
    return { ...data, audit: new AuditFiles({ store: data.audit, folder, days: auditDays, telemetry }) };
  };
  if (tableEndpoint === undefined)
    return withFiles(await openSqliteData(dataDir, auditDays, telemetry, shutdown));
  // The client of DynamoDB is loaded only if it is needed.
  const { openEndpointData } = await import('./endpoint-data.ts');
  const table = { endpoint: tableEndpoint, tableName, auditDays };
  return withFiles(await openEndpointData(dataDir, table, telemetry, shutdown));
}
