import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CreateTableCommand, DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoActivityStore } from '#adapters/aws/dynamodb/activity-store.ts';
import { DynamoAuditStore } from '#adapters/aws/dynamodb/audit-store.ts';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoDrainStore } from '#adapters/aws/dynamodb/drain-store.ts';
import { deleteExpiredItems, type ExpiryScanPosition } from '#adapters/aws/dynamodb/expired-items.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoQuotaStore } from '#adapters/aws/dynamodb/quota-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoSessionCutoffStore } from '#adapters/aws/dynamodb/session-cutoff-store.ts';
import { DynamoShareLinkStore } from '#adapters/aws/dynamodb/share-link-store.ts';
import { DynamoShareStore } from '#adapters/aws/dynamodb/share-store.ts';
import { DynamoStartRateStore } from '#adapters/aws/dynamodb/start-rate-store.ts';
import { DynamoStartTimesStore } from '#adapters/aws/dynamodb/start-times-store.ts';
import { DynamoTicketStore } from '#adapters/aws/dynamodb/ticket-store.ts';
import { DynamoUsageStore } from '#adapters/aws/dynamodb/usage-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { errorNameOf } from '#adapters/aws/errors.ts';
import { StartError } from '#adapters/http-server/listen.ts';
import { FORMER_TABLE, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { createTableInput } from '#contract/table.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { hasFormerTable, hasVolumes, listVolumes } from './data-folder.ts';
import type { LocalData } from './local-data.ts';
import type { Shutdown } from './shutdown.ts';

export interface EndpointTable {
  /** The URL of a DynamoDB. */
  readonly endpoint: string;
  readonly tableName: string;
  /** How long audit events are kept. */
  readonly auditDays: number;
}

/** An endpoint without accounts requires a signature but does not verify it. */
const ANY_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'unchecked' };
const ANY_REGION = 'local';

/** How long a new table may take until it is usable, and the interval of the polls of its status, milliseconds. */
const ACTIVE_WITHIN_MS = 30_000;
const ACTIVE_POLL_MS = 100;

/** How many records are looked up at the same time. */
const LOOKUPS_AT_ONCE = 16;

/**
 * Opens the records in the table at a DynamoDB endpoint, and creates the table if it does not exist.
 * @throws StartError when the endpoint does not respond or refuses, or the records of the folder are elsewhere
 */
export async function openEndpointData(
  dataDir: string,
  { endpoint, tableName, auditDays }: EndpointTable,
  telemetry: Telemetry,
  shutdown: Shutdown,
): Promise<LocalData> {
  refuseOtherRecords(dataDir);
  const client = createTableClient({
    endpoint,
    region: process.env.AWS_REGION ?? ANY_REGION,
    ...(process.env.AWS_ACCESS_KEY_ID === undefined ? { credentials: ANY_CREDENTIALS } : {}),
  });
  shutdown.add(async () => client.destroy());
  const workbenches = new DynamoWorkbenchStore(client, tableName, telemetry);
  try {
    await ensureTable(client, tableName, () => refuseMissingRecords(dataDir, tableName, endpoint));
    await refuseForeignTable(dataDir, workbenches, `The table ${tableName} at WB_TABLE_ENDPOINT=${endpoint}`);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const cause = `${errorNameOf(error)}: ${error instanceof Error ? error.message : String(error)}`;
    throw new StartError(
      `The table ${tableName} at WB_TABLE_ENDPOINT=${endpoint} cannot be used (${cause}).`,
      error,
    );
  }
  let position: ExpiryScanPosition;
  return {
    workbenches,
    history: new DynamoHistoryStore(client, tableName, telemetry),
    idempotency: new DynamoIdempotencyStore(client, tableName),
    reports: new DynamoReportStore(client, tableName, telemetry),
    startRates: new DynamoStartRateStore(client, tableName),
    startTimes: new DynamoStartTimesStore(client, tableName),
    activity: new DynamoActivityStore(client, tableName),
    audit: new DynamoAuditStore(client, { tableName, retentionDays: auditDays, telemetry }),
    tickets: new DynamoTicketStore(client, tableName),
    cutoffs: new DynamoSessionCutoffStore(client, tableName),
    shares: new DynamoShareStore(client, tableName),
    links: new DynamoShareLinkStore(client, tableName),
    drains: new DynamoDrainStore(client, tableName),
    usage: new DynamoUsageStore(client, tableName),
    quotas: new DynamoQuotaStore(client, tableName),
    async deleteExpired(now) {
      ({ next: position } = await deleteExpiredItems(client, tableName, now, position));
    },
    summary: [['Records', `table ${tableName} at ${endpoint}`]],
  };
}

/**
 * In another table, the records of the workbenches in this folder would be missing, and the sweeps would take their
 * files for orphans.
 * @throws StartError
 */
function refuseOtherRecords(dataDir: string): void {
  const path = join(dataDir, STATE_FILE);
  if (existsSync(path))
    throw new StartError(
      `The records of ${dataDir} are in ${path}, not in a table. Unset WB_TABLE_ENDPOINT, or set WB_DATA_DIR to another folder.`,
    );
  if (hasFormerTable(dataDir))
    throw new StartError(
      `${join(dataDir, FORMER_TABLE)} contains the records of an older version. Unset WB_TABLE_ENDPOINT and import them ` +
        'with `npm run local:import`, or set WB_DATA_DIR to another folder.',
    );
}

/**
 * In a new table, the records of the workbenches in this folder would be missing.
 * @throws StartError
 */
function refuseMissingRecords(dataDir: string, tableName: string, endpoint: string): void {
  if (!hasVolumes(dataDir)) return;
  throw new StartError(
    `The table ${tableName} at WB_TABLE_ENDPOINT=${endpoint} does not exist. It was not created, because ` +
      `${join(dataDir, 'volumes')} has the files of workbenches, which would be orphans without their records. ` +
      'Set WB_TABLE_ENDPOINT and WB_TABLE_NAME to the table with their records, or set WB_DATA_DIR to another folder. ' +
      'If the records were in the folder, unset WB_TABLE_ENDPOINT and restore a backup.',
  );
}

/**
 * The table of another installation, or an empty one, has no record of any workbench in this folder. With the right table
 * the first lookup finds one: files without a record are rare, because a record is deleted after the files.
 * @throws StartError
 */
async function refuseForeignTable(
  dataDir: string,
  workbenches: Pick<WorkbenchStore, 'findByWorkbenchId'>,
  theTable: string,
): Promise<void> {
  const volumes = listVolumes(dataDir);
  for (let index = 0; index < volumes.length; index += LOOKUPS_AT_ONCE) {
    const some = volumes.slice(index, index + LOOKUPS_AT_ONCE);
    const found = await Promise.all(some.map((id) => workbenches.findByWorkbenchId(id)));
    if (found.some((key) => key !== undefined)) return;
  }
  if (volumes.length === 0) return;
  const folder = join(dataDir, 'volumes');
  throw new StartError(
    `${theTable} has no record of any of the ${volumes.length} workbenches whose files are in ${folder}. Nothing was ` +
      'changed; the files would be orphans. Set WB_TABLE_ENDPOINT and WB_TABLE_NAME to the table with their records, or set ' +
      `WB_DATA_DIR to another folder. If their records are lost, move ${folder} away: its files are then without a workbench.`,
  );
}

/** @param beforeCreate is called if the table does not exist, before it is created */
async function ensureTable(
  client: DynamoDBClient,
  tableName: string,
  beforeCreate: () => void,
): Promise<void> {
  if ((await readStatus(client, tableName)) === undefined) {
    beforeCreate();
    await client.send(new CreateTableCommand(createTableInput(tableName)));
  }
  const end = performance.now() + ACTIVE_WITHIN_MS;
  while ((await readStatus(client, tableName)) !== 'ACTIVE') {
    if (performance.now() > end) throw new Error('the table does not become active');
    await setTimeout(ACTIVE_POLL_MS);
  }
}

/** Returns the status of the table; undefined if it does not exist. */
async function readStatus(client: DynamoDBClient, tableName: string): Promise<string | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    return Table?.TableStatus;
  } catch (error) {
    if (errorNameOf(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
