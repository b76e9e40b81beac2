import { join } from 'node:path';
import { StartError } from '#adapters/http-server/listen.ts';
import { probeSpace } from '#adapters/local/no-space.ts';
import { listTracesOfRestore } from '#adapters/local/sqlite/backup.ts';
import { DRAFT_SUFFIX } from '#adapters/local/sqlite/files.ts';
import { type DatabaseRefusalReason, DatabaseRefused } from '#adapters/local/sqlite/opening.ts';
import { FORMER_TABLE, openStores, type SqliteStores, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { errorCode } from '#adapters/system-error.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { hasFormerTable, hasVolumes, keepEarlierVersionsOut, unusableFolder } from './data-folder.ts';
import type { LocalData } from './local-data.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Opens the records in `<dataDir>/state.db`.
 * @param dataDir an existing folder, which this process has locked
 * @param auditDays how long audit events are kept
 * @throws StartError
 */
export async function openSqliteData(
  dataDir: string,
  auditDays: number,
  telemetry: Telemetry,
  shutdown: Shutdown,
): Promise<LocalData> {
  const path = join(dataDir, STATE_FILE);
  refuseFormerTable(dataDir);
  const stores = open(dataDir, path, auditDays, telemetry);
  shutdown.add(() => stores.close());
  try {
    keepEarlierVersionsOut(dataDir);
  } catch (error) {
    throw unusableFolder(dataDir, error);
  }
  const { workbenches, history, idempotency, reports, startRates } = stores;
  const { startTimes, activity, audit, tickets, cutoffs, shares, links, drains, usage, quotas, database } =
    stores;
  return {
    workbenches,
    history,
    idempotency,
    reports,
    startRates,
    startTimes,
    activity,
    audit,
    tickets,
    cutoffs,
    shares,
    links,
    drains,
    usage,
    quotas,
    async deleteExpired(now) {
      await stores.deleteExpired(now);
    },
    summary:
      database.journalMode === 'wal'
        ? []
        : [
            [
              'Records',
              'without a write-ahead log, which this file system does not support: writes are slower',
            ],
          ],
  };
}

function open(dataDir: string, path: string, auditDays: number, telemetry: Telemetry): SqliteStores {
  try {
    return openStores(path, {
      telemetry,
      auditDays,
      mayCreate: !expectsRecords(dataDir),
      reserve: { probe: (bytes) => probeSpace(dataDir, bytes), now: () => Date.now() },
    });
  } catch (error) {
    if (error instanceof DatabaseRefused)
      throw new StartError(
        `${error.message}. Nothing was changed. ${REMEDIES[error.reason](dataDir)}`,
        error,
      );
    if (error instanceof PortError || errorCode(error) !== '') throw unusableFolder(dataDir, error);
    throw error;
  }
}

const RESTORE = 'Restore a backup with `npm run local:restore -- FILE`';

const REMEDIES: Readonly<Record<DatabaseRefusalReason, (dataDir: string) => string>> = {
  damaged: () => `${RESTORE}, or set WB_DATA_DIR to another folder.`,
  empty: describeMissing,
  foreign: () => 'Set WB_DATA_DIR to another folder.',
  newer_version: (dataDir) =>
    `Start that version, or restore the copy from before the update in ${join(dataDir, 'backups')} with \`npm run local:restore -- FILE\`.`,
};

/** @throws StartError */
function refuseFormerTable(dataDir: string): void {
  if (!hasFormerTable(dataDir)) return;
  throw new StartError(
    `${join(dataDir, FORMER_TABLE)} contains the records of an older version. Import them with \`npm run local:import\`, ` +
      'or set WB_DATA_DIR to another folder.',
  );
}

/** Whether the folder has files that show that there were records. */
function expectsRecords(dataDir: string): boolean {
  const { replaced, draft } = listTracesOfRestore(join(dataDir, STATE_FILE));
  return hasVolumes(dataDir) || replaced.length > 0 || draft;
}

/** Says why records are expected, and what to do. */
function describeMissing(dataDir: string): string {
  const { replaced, draft } = listTracesOfRestore(join(dataDir, STATE_FILE));
  const newest = replaced.at(-1);
  return [
    hasVolumes(dataDir)
      ? `${join(dataDir, 'volumes')} has the files of workbenches, which would be orphans without their records. `
      : '',
    draft ? `${join(dataDir, `${STATE_FILE}${DRAFT_SUFFIX}`)} is from a restore that did not end. ` : '',
    newest === undefined
      ? ''
      : `${join(dataDir, newest)} has the records from before the last restore: move its files to ${dataDir} to use them. `,
    `${RESTORE}, or set WB_DATA_DIR to another folder. If the records were in a table, set WB_TABLE_ENDPOINT.`,
  ].join('');
}
