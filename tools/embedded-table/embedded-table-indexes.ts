import { setTimeout } from 'node:timers/promises';
import db, { type Store, type Table } from 'dynalite/db/index.js';

/** Entries per batch. */
const BATCH_SIZE = 1_000;

/**
 * Rebuilds all indexes from the items. dynalite writes an item and its index entries one after another. If the
 * process is killed in between, the index lacks an entry, and the sweeps do not find the record. So the indexes
 * are rebuilt each time the table is opened.
 */
export async function rebuildIndexes(store: Store, tableName: string): Promise<void> {
  const table = await findTable(store, tableName);
  if (table === undefined) throw new Error(`there is no table ${tableName}`);
  const indexes = table.GlobalSecondaryIndexes ?? [];
  await store.db.clear(keyRange(`index-global~${tableName}~`));
  let batch: { type: 'put'; key: string; value: unknown }[] = [];
  for await (const item of store.db.values(keyRange(`item-${tableName}~`))) {
    for (const { index, key, item: entry } of db.getIndexActions(indexes, null, item, table).puts) {
      batch.push({ type: 'put', key: `index-global~${tableName}~${index}~${key}`, value: entry });
    }
    if (batch.length >= BATCH_SIZE) {
      await store.db.batch(batch);
      batch = [];
    }
  }
  await store.db.batch(batch);
}

/**
 * Whether the table exists with exactly these indexes. A table that a killed process left in CREATING counts as
 * absent, because it would stay in this state.
 */
export async function hasTableWithIndexes(
  store: Store,
  tableName: string,
  indexNames: readonly string[],
): Promise<boolean> {
  const table = await findTable(store, tableName);
  const found = table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName) ?? [];
  return found.toSorted().join() === indexNames.toSorted().join();
}

/** Waits until the table is usable. dynalite keeps a new table in CREATING for some milliseconds. */
export async function waitForTable(store: Store, tableName: string): Promise<void> {
  for (let attempts = 0; attempts < 1_000; attempts++) {
    if ((await findTable(store, tableName)) !== undefined) return;
    await setTimeout(1);
  }
  throw new Error(`the table ${tableName} did not become active`);
}

/** Deletes the table definition, which another version may have created, but no items. */
export async function deleteTableDefinition(store: Store, tableName: string): Promise<void> {
  await toPromise((callback) => store.tableDb.del(tableName, callback));
}

function findTable(store: Store, tableName: string): Promise<Table | undefined> {
  return new Promise((resolve, reject) => {
    store.getTable(tableName, (error, table) => {
      if (error !== null && error.name !== 'NotFoundError') reject(error);
      else resolve(table);
    });
  });
}

function keyRange(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix}\xff` };
}

function toPromise(act: (callback: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())));
}
