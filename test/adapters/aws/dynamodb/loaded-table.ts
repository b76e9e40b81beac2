import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import db, { type Store, type Table } from 'dynalite/db/index.js';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import { toIndexAttributes, toRecordAttribute } from '#adapters/aws/dynamodb/record.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';
import { rebuildIndexes } from '#tools/embedded-table/embedded-table-indexes.ts';

export interface LoadedTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  dispose(): Promise<void>;
}

/** Items per batch. */
const BATCH_SIZE = 1000;

/**
 * Opens an embedded table with these records. They are written directly into its store, in the format of the adapter: through
 * the API a million records take more than 15 minutes.
 * @param path directory of the data. @default in memory
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
  const client = createTableClient(table.clientOptions);
  return {
    client,
    tableName: table.tableName,
    async dispose() {
      client.destroy();
      await table.close();
    },
  };
}

/** Intercepts the creation of the store, because the table does not expose it. */
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
    if (store === undefined) throw new Error('the table created no store');
    return { store, table };
  } finally {
    db.create = create;
  }
}

function definitionOf(store: Store, tableName: string): Promise<Table> {
  return new Promise((resolve, reject) => {
    store.getTable(tableName, (error, table) => {
      if (table === undefined) reject(error ?? new Error(`table ${tableName} does not exist`));
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
