import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import db, { type Store, type Table } from 'dynalite/db/index.js';
import { tableClient } from '#adapters/aws/dynamodb/client.ts';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import { toIndexAttributes, toRecordAttribute } from '#adapters/aws/dynamodb/record.ts';
import { openEmbeddedTable } from '#adapters/local/embedded-table.ts';
import { rebuildIndexes } from '#adapters/local/embedded-table-indexes.ts';
import type { Workbench } from '#core/workbench/workbench.ts';

export interface LoadedTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  dispose(): Promise<void>;
}

/** Items written at once. */
const BATCH_SIZE = 1000;

/**
 * An embedded table that holds these records. They are put into its store by the back door, as the adapter would
 * have written them: through the front a million would take a quarter of an hour and more.
 * @param path where the data is kept; in memory when absent
 */
export async function openLoadedTable(records: Iterable<Workbench>, path?: string): Promise<LoadedTable> {
  const { store, table } = await openWithStore(path);
  const definition = await definitionOf(store, table.tableName);
  let batch: { type: 'put'; key: string; value: unknown }[] = [];
  for (const record of records) {
    const item = toItem(record);
    batch.push({
      type: 'put',
      key: `item-${table.tableName}~${db.createKey(item, definition)}`,
      value: item,
    });
    if (batch.length >= BATCH_SIZE) {
      await store.db.batch(batch);
      batch = [];
    }
  }
  await store.db.batch(batch);
  await rebuildIndexes(store, table.tableName);
  const client = tableClient(table.clientOptions);
  return {
    client,
    tableName: table.tableName,
    async dispose() {
      client.destroy();
      await table.close();
    },
  };
}

/** The store is taken note of as it is made: the table keeps it to itself. */
async function openWithStore(path: string | undefined) {
  const { create } = db;
  const stores: Store[] = [];
  db.create = (options) => {
    const store = create(options);
    stores.push(store);
    return store;
  };
  try {
    const table = await openEmbeddedTable(path === undefined ? {} : { path });
    const [store] = stores;
    if (store === undefined) throw new Error('the table has made no store');
    return { store, table };
  } finally {
    db.create = create;
  }
}

function definitionOf(store: Store, tableName: string): Promise<Table> {
  return new Promise((resolve, reject) => {
    store.getTable(tableName, (error, table) => {
      if (table === undefined) reject(error ?? new Error(`there is no table ${tableName}`));
      else resolve(table);
    });
  });
}

function toItem(record: Workbench): Record<string, Record<string, unknown>> {
  const attributes: Record<string, AttributeValue | undefined> = {
    ...keyAttributes(recordKey(record)),
    ...toIndexAttributes(record),
    record: toRecordAttribute(record),
    write_token: { S: 'loaded' },
    create_token: { S: 'loaded' },
  };
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, { ...value } as Record<string, unknown>]],
    ),
  );
}
