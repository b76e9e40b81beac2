import { setTimeout } from 'node:timers/promises';
import db, { type Store, type Table } from 'dynalite/db/index.js';

/** Entries written at once. */
const BATCH_SIZE = 1_000;

/**
 * dynalite writes an item and its index entries one after another: a process that is killed in between leaves
 * an index that misses an entry, and a record that nobody looks at again. So the indexes are made anew from
 * the items whenever the table is opened.
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
 * Whether the table is there, with exactly these indexes. One that a killed process left in CREATING, where it
 * would stay, counts as absent.
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

/** Waits until the table is open: dynalite leaves it in CREATING for a moment, and it cannot be used meanwhile. */
export async function waitForTable(store: Store, tableName: string): Promise<void> {
  for (let looks = 0; looks < 1_000; looks++) {
    if ((await findTable(store, tableName)) !== undefined) return;
    await setTimeout(1);
  }
  throw new Error(`the table ${tableName} did not open`);
}

/** Drops the definition, which another version may have made, and none of the items. */
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
