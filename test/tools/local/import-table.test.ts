import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, it, onTestFinished } from 'vitest';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { decodeRecord } from '#core/workbench/record-codec.ts';
import { dueAt, keyOf, SCHEMA_VERSION, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { openTableUnderTest, putRawRecord } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { openStoresForTest } from '#test/adapters/local/sqlite/open-stores.ts';
import { aHost, aTaskInput, ID, issuedRun, starting, stopped } from '#test/builders/workbench.ts';
import { importTable } from '#tools/local/import-table.ts';

const NEWER = SCHEMA_VERSION + 1;

async function openTable() {
  const table = await openTableUnderTest();
  onTestFinished(() => table.dispose());
  return table;
}

/** Reads the row of a record as it is stored. */
async function readRow({ database }: ReturnType<typeof openStoresForTest>, key: WorkbenchKey) {
  const row = await database.read((connection) =>
    connection.get<{ record: string; revision: number }>(
      'SELECT record, revision FROM workbenches WHERE user_id = ? AND workbench_id = ?',
      ...[key.userId, key.workbenchId],
    ),
  );
  return { revision: row?.revision, record: JSON.parse(row?.record ?? 'null') };
}

it('keeps a record that requires a newer version complete, and in the indexes', async () => {
  const table = await openTable();
  const workbench = starting({
    mount: aTaskInput().mount,
    host: aHost(),
    run: issuedRun(),
  });
  const key = keyOf(workbench);
  await new DynamoWorkbenchStore(table.client, table.tableName, table.telemetry).create(workbench);
  await table.client.send(
    new UpdateItemCommand({
      TableName: table.tableName,
      Key: keyAttributes(recordKey(key)),
      UpdateExpression: 'SET #record.schemaVersion = :version, #record.minReader = :version',
      ExpressionAttributeNames: { '#record': 'record' },
      ExpressionAttributeValues: marshall({ ':version': NEWER }),
    }),
  );

  const stores = openStoresForTest(':memory:');
  expect(await importTable(table.client, table.tableName, stores)).toMatchObject({
    workbenches: 0,
    unreadable: 1,
  });
  const { workbenches } = stores;
  await expect(workbenches.read(key)).rejects.toThrow(UnreadableRecord);
  const due = dueAt(workbench) ?? 0;
  expect(await workbenches.listDue(due - 1, 10)).toEqual([]);
  expect(await workbenches.listDue(due, 10)).toEqual([key]);
  expect((await workbenches.listActive()).keys).toEqual([key]);
  expect(await workbenches.findByInstanceId('i-0123456789abcdef0')).toEqual(key);

  const { record, revision } = await readRow(stores, key);
  expect(revision).toBe(workbench.revision);
  expect(record).not.toHaveProperty('userId');
  const newerFormat = { schemaVersion: NEWER, minReader: NEWER, upgrades: new Map() };
  expect(decodeRecord({ ...key, ...record }, newerFormat)).toEqual({
    ...workbench,
    schemaVersion: NEWER,
    minReader: NEWER,
  });
});

it('keeps the owner in a record that belongs to another workbench, and a value that is no record', async () => {
  const table = await openTable();
  const key = { userId: 'ada', workbenchId: ID };
  await putRawRecord(table, key, { ...stopped(), userId: 'bob' });
  await putRawRecord(table, { ...key, userId: 'eve' }, 'gibberish');
  const stores = openStoresForTest(':memory:');
  expect(await importTable(table.client, table.tableName, stores)).toMatchObject({ unreadable: 2 });
  expect((await readRow(stores, key)).record).toMatchObject({ userId: 'bob', workbenchId: ID });
  expect((await readRow(stores, { ...key, userId: 'eve' })).record).toBe('gibberish');
  expect(await stores.workbenches.listDue(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  expect((await stores.workbenches.listActive()).keys).toEqual([]);
});

it('reports stores that do not have as many rows as the table has items', async () => {
  const table = await openTable();
  const stores = openStoresForTest(':memory:');
  await stores.workbenches.create(stopped());
  await expect(importTable(table.client, table.tableName, stores)).rejects.toThrow(
    'workbenches has 1 rows after the import of 0 items',
  );
});
