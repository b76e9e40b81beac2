import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import {
  ACTIVITY_RETENTION_MS,
  type ActivityReport,
  type ActivityStore,
  type Consistency,
  type Evidence,
  evidenceOf,
  mergeReport,
  REPORT_INTERVAL_MS,
  REPORT_RETENTION_MS,
  type StoredReport,
} from '#core/ports/activity-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import {
  activityKey,
  type Item,
  type ItemKey,
  keyAttributes,
  runActivityKey,
  workbenchOfActivity,
} from './keys.ts';
import { batchGetItems, type Wait } from './read-many.ts';

/** How often a report is merged with one that was written at the same time. */
const MERGES_MAX = 3;

/** The times in an item of a run. It also has `keepaliveReason`. */
const REPORT_ATTRIBUTES = ['ide', 'busy', 'keepaliveUntil', 'reportedAt'] as const;

/**
 * The activity in DynamoDB: in a partition of each workbench one item for what the gate saw, and one for the reports of each
 * run. The gate, and the function for reports, may write only these.
 */
export class DynamoActivityStore implements ActivityStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #wait: Wait | undefined;

  constructor(client: DynamoDBClient, tableName: string, wait?: Wait) {
    this.#client = client;
    this.#table = tableName;
    this.#wait = wait;
  }

  async record(workbenchId: string, at: number): Promise<void> {
    // A failed condition, clear or not, means that the same time or a later one is stored.
    await writeConditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyAttributes(activityKey(workbenchId)),
          UpdateExpression: 'SET seen = :at, #ttl = :expires_at',
          ConditionExpression: 'attribute_not_exists(seen) OR seen < :at',
          ExpressionAttributeNames: { '#ttl': TABLE.ttlAttribute },
          ExpressionAttributeValues: {
            ':at': { N: String(at) },
            ':expires_at': { N: String(Math.ceil((at + ACTIVITY_RETENTION_MS) / 1000)) },
          },
        }),
      ),
    );
  }

  async report(workbenchId: string, runId: string, report: ActivityReport, now: number): Promise<void> {
    const key = runActivityKey(workbenchId, runId);
    if (await this.#writeReport(key, { ...report, reportedAt: now }, now - REPORT_INTERVAL_MS)) return;
    // The item has a later time, or was written within the interval.
    for (let merges = 0; merges < MERGES_MAX; merges += 1) {
      const stored = await this.#readReport(key);
      const merged = mergeReport(stored, report, now);
      if (merged === undefined) return;
      if (await this.#writeReport(key, merged, stored?.reportedAt ?? 0)) return;
    }
    throw new PortError('unavailable', 'dynamodb: other reports of the run were written at the same time');
  }

  /** Writes a report if no later time is stored, and nothing was written after `writtenBefore`. Returns whether it did. */
  async #writeReport(key: ItemKey, report: StoredReport, writtenBefore: number): Promise<boolean> {
    const kinds = REPORT_ATTRIBUTES.filter((kind) => report[kind] !== undefined);
    const conditions = kinds.map((kind) =>
      kind === 'reportedAt'
        ? '(attribute_not_exists(reportedAt) OR reportedAt <= :before)'
        : `(attribute_not_exists(${kind}) OR ${kind} <= :${kind})`,
    );
    const values = kinds.map((kind) => [`:${kind}`, { N: String(report[kind]) }] as const);
    const { keepaliveReason: reason } = report;
    // The reason belongs to the keepalive. A report without one does not concern it.
    const set = reason === undefined ? '' : ', keepaliveReason = :reason';
    const remove =
      reason === undefined && report.keepaliveUntil !== undefined ? ' REMOVE keepaliveReason' : '';
    const outcome = await writeConditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyAttributes(key),
          UpdateExpression: `SET ${kinds.map((kind) => `${kind} = :${kind}`).join(', ')}, #ttl = :expires_at${set}${remove}`,
          ConditionExpression: conditions.join(' AND '),
          ExpressionAttributeNames: { '#ttl': TABLE.ttlAttribute },
          ExpressionAttributeValues: {
            ...Object.fromEntries(values),
            ...(reason === undefined ? {} : { ':reason': { S: reason } }),
            ':before': { N: String(writtenBefore) },
            ':expires_at': { N: String(Math.ceil((report.reportedAt + REPORT_RETENTION_MS) / 1000)) },
          },
        }),
      ),
    );
    return outcome === 'done';
  }

  async #readReport(key: ItemKey): Promise<StoredReport | undefined> {
    const { Item } = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({ TableName: this.#table, Key: keyAttributes(key), ConsistentRead: true }),
      ),
    );
    return Item === undefined ? undefined : toReport(Item);
  }

  async readEvidence(
    workbenchId: string,
    runId: string,
    consistency: Consistency = 'strong',
  ): Promise<Evidence> {
    const items = await batchGetItems(
      this.#client,
      this.#table,
      [activityKey(workbenchId), runActivityKey(workbenchId, runId)],
      { ConsistentRead: consistency === 'strong' },
      this.#wait,
    );
    const isSeen = (item: Item) => item[TABLE.sortKey.name]?.S === activityKey(workbenchId).sk;
    const seen = items.find(isSeen)?.seen?.N;
    const report = items.find((item) => !isSeen(item));
    return evidenceOf(
      seen === undefined ? undefined : Number(seen),
      report === undefined ? undefined : toReport(report),
    );
  }

  async read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const keys = [...new Set(workbenchIds)].map(activityKey);
    const items = await batchGetItems(
      this.#client,
      this.#table,
      keys,
      { ProjectionExpression: 'pk, seen' },
      this.#wait,
    );
    const found = new Map<string, number>();
    for (const item of items) {
      const workbenchId = workbenchOfActivity(item);
      if (workbenchId !== undefined) found.set(workbenchId, Number(item.seen?.N));
    }
    return found;
  }

  async delete(workbenchId: string): Promise<void> {
    await callDynamoDb('DeleteItem', () =>
      this.#client.send(
        new DeleteItemCommand({ TableName: this.#table, Key: keyAttributes(activityKey(workbenchId)) }),
      ),
    );
  }
}

function toReport(item: Item): StoredReport {
  const entries = REPORT_ATTRIBUTES.flatMap((kind) => {
    const text = item[kind]?.N;
    return text === undefined ? [] : [[kind, Number(text)] as const];
  });
  const keepaliveReason = item.keepaliveReason?.S;
  return {
    reportedAt: 0,
    ...Object.fromEntries(entries),
    ...(keepaliveReason === undefined ? {} : { keepaliveReason }),
  };
}
