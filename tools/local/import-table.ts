import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Item, keyOfItem } from '#adapters/aws/dynamodb/keys.ts';
import { parseWorkbench, readStoredRecord } from '#adapters/aws/dynamodb/record.ts';
import { checksum } from '#adapters/local/sqlite/record-row.ts';
import type { SqliteStores } from '#adapters/local/sqlite/stores.ts';
import { INDEXES, TABLE } from '#contract/table.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { reconcileReportSchema } from '#core/reconcile/report.ts';
import { type HistoryEntry, historyEntrySchema } from '#core/workbench/history.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import { ToolError } from '../command-line.ts';

/** The number of items of each kind that were imported. */
export interface ImportedItems {
  readonly workbenches: number;
  /** Records that this version cannot read. They are kept as they are. */
  readonly unreadable: number;
  readonly historyEntries: number;
  readonly idempotencyKeys: number;
  readonly reports: number;
  /** Items that are not imported: the free capacity of shared instances, and what is neither readable nor a record. */
  readonly others: number;
}

/** Calls that run at the same time, so that SQLite commits them together. */
const BATCH_SIZE = 50;

/**
 * Copies the items of a DynamoDB table into empty stores, and counts the rows.
 * @throws ToolError when the stores do not have as many rows as there were items
 */
export async function importTable(
  client: DynamoDBClient,
  tableName: string,
  stores: Pick<SqliteStores, 'database' | 'workbenches' | 'history' | 'idempotency' | 'reports'>,
): Promise<ImportedItems> {
  const counts = {
    workbenches: 0,
    unreadable: 0,
    historyEntries: 0,
    idempotencyKeys: 0,
    reports: 0,
    others: 0,
  };
  const histories = new Map<string, { entries: HistoryEntry[]; expiresAt: number | undefined }>();

  const importItem = async (item: Item): Promise<void> => {
    const [kind, id] = splitKey(item);
    const key = keyOfItem(item);
    if (key !== undefined) {
      const workbench = parseOrKeep(key, item);
      if (workbench === undefined) {
        await keepUnreadable(stores, key, item);
        counts.unreadable += 1;
      } else {
        await stores.workbenches.create(workbench);
        counts.workbenches += 1;
      }
      return;
    }
    const entry =
      kind === 'history' ? historyEntrySchema.safeParse(unmarshall(item.entry?.M ?? {})).data : undefined;
    const report =
      kind === 'system' ? reconcileReportSchema.safeParse(unmarshall(item.report?.M ?? {})).data : undefined;
    if (entry !== undefined) {
      const history = histories.get(id) ?? { entries: [], expiresAt: undefined };
      history.entries.push(entry);
      history.expiresAt = expiryOf(item) ?? history.expiresAt;
      histories.set(id, history);
      counts.historyEntries += 1;
    } else if (kind === 'user' && item.claim_state !== undefined) {
      await importClaim(stores, id, item);
      counts.idempotencyKeys += 1;
    } else if (report !== undefined) {
      await stores.reports.add(report);
      counts.reports += 1;
    } else {
      counts.others += 1;
    }
  };

  let startKey: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: tableName,
        ConsistentRead: true,
        ...(startKey === undefined ? {} : { ExclusiveStartKey: startKey }),
      }),
    );
    await runInBatches(page.Items ?? [], importItem);
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);

  await runInBatches([...histories], async ([workbenchId, { entries, expiresAt }]) => {
    await stores.history.append(workbenchId, entries);
    if (expiresAt !== undefined) await stores.history.expire(workbenchId, expiresAt);
  });
  await compareCounts(stores, counts);
  return counts;
}

async function compareCounts(
  { database }: Pick<SqliteStores, 'database'>,
  counts: ImportedItems,
): Promise<void> {
  const expected = {
    workbenches: counts.workbenches + counts.unreadable,
    history: counts.historyEntries,
    idempotency: counts.idempotencyKeys,
    reports: counts.reports,
  };
  for (const [table, items] of Object.entries(expected)) {
    const rows = await database.read((connection) =>
      connection.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`),
    );
    if (rows?.n !== items)
      throw new ToolError(
        `${table} has ${rows?.n} rows after the import of ${items} items; the import is incomplete`,
      );
  }
}

function parseOrKeep(key: WorkbenchKey, item: Item): Workbench | undefined {
  try {
    return parseWorkbench(key, item);
  } catch (error) {
    if (error instanceof UnreadableRecord) return undefined;
    throw error;
  }
}

/**
 * A record of a newer version can be read after the update to that version. Until then, the sweeps find it in the
 * indexes and report it.
 */
async function keepUnreadable(
  { database }: Pick<SqliteStores, 'database'>,
  key: WorkbenchKey,
  item: Item,
): Promise<void> {
  const raw = readRaw(key, item);
  const record = JSON.stringify(raw);
  const revision = typeof raw?.revision === 'number' ? raw.revision : null;
  const dueAt = item[INDEXES.due.sortKey.name]?.N;
  const active = item[INDEXES.active.partitionKey.name] === undefined ? 0 : 1;
  const instanceId = item[INDEXES.byInstance.partitionKey.name]?.S ?? null;
  await database.write((connection) =>
    connection.run(
      `INSERT INTO workbenches (user_id, workbench_id, revision, record, crc, due_at, active, instance_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[key.userId, key.workbenchId, revision, record, checksum(key, record)],
      ...[dueAt === undefined ? null : Number(dueAt), active, instanceId],
    ),
  );
}

/** Returns the value of the attribute `record`, with the fields that the table leaves out if it is a map. */
function readRaw(key: WorkbenchKey, { record }: Item): Record<string, unknown> | null {
  if (record === undefined) return {};
  const raw = unmarshall({ record }).record;
  if (record.M === undefined) return raw;
  // A row does not repeat its key. A record with a key of its own may belong to another workbench.
  const stored = Object.entries(readStoredRecord(key, record.M));
  return Object.fromEntries(stored.filter(([name]) => name in raw || !(name in key)));
}

async function importClaim(
  { idempotency }: Pick<SqliteStores, 'idempotency'>,
  userId: string,
  item: Item,
): Promise<void> {
  const key = (item[TABLE.sortKey.name]?.S ?? '').replace(/^idempotency#/, '');
  const workbenchId = item.workbench_id?.S ?? '';
  const expiresAt = Number(item.expires_at_ms?.N);
  await idempotency.claim(
    { userId, key, workbenchId, bodyHash: item.body_hash?.S ?? '', expiresAt },
    expiresAt - 1,
  );
  if (item.claim_state?.S !== 'open')
    await idempotency.complete(userId, key, workbenchId, item.completed_by?.S ?? 'import');
}

/** The first word of the partition key, and the rest of it. */
function splitKey(item: Item): readonly [string, string] {
  const pk = item[TABLE.partitionKey.name]?.S ?? '';
  const separator = pk.indexOf('#');
  return [pk.slice(0, separator), pk.slice(separator + 1)];
}

/** Milliseconds since 1970. */
function expiryOf(item: Item): number | undefined {
  const seconds = item[TABLE.ttlAttribute]?.N;
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

async function runInBatches<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH_SIZE)
    await Promise.all(items.slice(start, start + BATCH_SIZE).map(run));
}
