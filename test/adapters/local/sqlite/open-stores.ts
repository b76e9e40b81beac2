import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Connection } from '#adapters/local/sqlite/connection.ts';
import type { DatabaseOptions } from '#adapters/local/sqlite/database.ts';
import { checksum } from '#adapters/local/sqlite/record-row.ts';
import { openStores, type SqliteStores } from '#adapters/local/sqlite/stores.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';

/** Creates a folder that is deleted when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens stores that are closed when the test has ended. */
export function openStoresForTest(path: string, options: Partial<DatabaseOptions> = {}) {
  const telemetry = new RecordedTelemetry();
  const stores = openStores(path, { telemetry, ...options });
  onTestFinished(() => stores.close());
  return { ...stores, telemetry };
}

/** Writes any value as the record of `key`, with its checksum. */
export async function plantRecord(
  { database }: Pick<SqliteStores, 'database'>,
  key: WorkbenchKey,
  raw: unknown,
): Promise<void> {
  const record = JSON.stringify(raw);
  const revision = (raw as { revision?: unknown }).revision;
  await database.write((connection: Connection) =>
    connection.run(
      `INSERT OR REPLACE INTO workbenches (user_id, workbench_id, revision, record, crc, active)
        VALUES (?, ?, ?, ?, ?, 0)`,
      ...[key.userId, key.workbenchId, typeof revision === 'number' ? revision : null, record],
      checksum(key, record),
    ),
  );
}
