import { join } from 'node:path';
import { AuditFiles, EventFiles } from '#adapters/local/day-files.ts';
import { PublishedHistory } from '#adapters/local/published-history.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { openDataFolder } from './data-folder.ts';
import type { LocalData } from './local-data.ts';
import type { LocalSettings } from './settings.ts';
import type { Shutdown } from './shutdown.ts';
import { openSqliteData } from './sqlite-data.ts';

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
    const publisher = new EventFiles(join(dataDir, 'events'));
    return {
      ...data,
      audit: new AuditFiles({ store: data.audit, folder, days: auditDays, telemetry }),
      history: new PublishedHistory(data.history, { publisher, telemetry }),
    };
  };
  if (tableEndpoint === undefined)
    return withFiles(await openSqliteData(dataDir, auditDays, telemetry, shutdown));
  // The client of DynamoDB is loaded only if it is needed.
  const { openEndpointData } = await import('./endpoint-data.ts');
  const table = { endpoint: tableEndpoint, tableName, auditDays };
  return withFiles(await openEndpointData(dataDir, table, telemetry, shutdown));
}
