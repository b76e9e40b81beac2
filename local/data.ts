import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import {
  DataDirectoryLocked,
  type EmbeddedTable,
  type EmbeddedTableOptions,
  openEmbeddedTable,
} from '#adapters/local/embedded-table.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { StartError } from './listen.ts';
import type { Shutdown } from './shutdown.ts';

export interface LocalData {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly workbenches: DynamoWorkbenchStore;
  readonly history: DynamoHistoryStore;
  readonly idempotency: DynamoIdempotencyStore;
  readonly reports: DynamoReportStore;
}

/**
 * Opens the table in `<dataDir>/table`. Must be called before any other use of the folder, because the lock of the
 * table detects a second server on the same folder.
 * @throws StartError when the folder cannot be used
 */
export async function openData(
  dataDir: string,
  tableName: string,
  telemetry: Telemetry,
  shutdown: Shutdown,
): Promise<LocalData> {
  const table = await openTable({ path: await makeTableFolder(dataDir), tableName }, dataDir);
  shutdown.add(() => table.close());
  const client = createTableClient(table.clientOptions);
  shutdown.add(async () => client.destroy());
  return {
    client,
    tableName,
    workbenches: new DynamoWorkbenchStore(client, tableName, telemetry),
    history: new DynamoHistoryStore(client, tableName, telemetry),
    idempotency: new DynamoIdempotencyStore(client, tableName),
    reports: new DynamoReportStore(client, tableName, telemetry),
  };
}

/** Creates the folder with mode 0700, because the data folder contains users' files and keys. */
async function makeTableFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'table');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `The data folder ${dataDir} cannot be created or written (${cause}). Set WB_DATA_DIR to another folder.`,
      error,
    );
  }
}

async function openTable(options: EmbeddedTableOptions, dataDir: string): Promise<EmbeddedTable> {
  try {
    return await openEmbeddedTable(options);
  } catch (error) {
    if (!(error instanceof DataDirectoryLocked)) throw error;
    throw new StartError(
      `Another server uses the data folder ${dataDir}. Stop it, or set WB_DATA_DIR (and PORT) for this one.`,
      error,
    );
  }
}
