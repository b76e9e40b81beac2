import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '#contract/table.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { HISTORY_ENTRIES_MAX, type HistoryStore } from '#core/ports/workbench-store.ts';
import { type HistoryEntry, historyEntrySchema } from '#core/workbench/history.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { historyKey, historyPartition, type Item, keyAttributes } from './keys.ts';

/** Calls of one method under way at once. */
const CONCURRENT_CALLS_MAX = 10;

/**
 * Histories in DynamoDB: an item per entry, in a partition of the workbench's own, so that they outlive its
 * record and whoever owned it. An entry is only ever written where there is none: writing one again leaves
 * the first as it is, and the end of life that `expire` has given it.
 */
export class DynamoHistoryStore implements HistoryStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #telemetry: Telemetry;

  constructor(client: DynamoDBClient, tableName: string, telemetry: Telemetry) {
    this.#client = client;
    this.#table = tableName;
    this.#telemetry = telemetry;
  }

  async append(workbenchId: string, entries: readonly HistoryEntry[]): Promise<void> {
    const newest = Math.max(0, ...entries.map(({ seq }) => seq));
    const kept = entries.filter(({ seq }) => seq > newest - HISTORY_ENTRIES_MAX);
    await runInBatches(kept, (entry) => this.#put(workbenchId, entry));
    // Each number that is written takes one away, written now or before: so a call that was cut off half-way
    // is made good when it is repeated.
    const old = entries.map(({ seq }) => seq - HISTORY_ENTRIES_MAX).filter((seq) => seq > 0);
    await runInBatches(old, (seq) => this.#remove(workbenchId, seq));
  }

  async list(workbenchId: string): Promise<readonly HistoryEntry[]> {
    const answer = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: HISTORY_ENTRIES_MAX,
          ...historyQuery(workbenchId),
        }),
      ),
    );
    return (answer.Items ?? []).flatMap((item) => this.#parseOrReport(workbenchId, item) ?? []);
  }

  async expire(workbenchId: string, at: number): Promise<void> {
    let start: Item | undefined;
    do {
      const page = await callDynamoDb('Query', () =>
        this.#client.send(
          new QueryCommand({
            TableName: this.#table,
            ConsistentRead: true,
            ProjectionExpression: 'pk, sk',
            ...historyQuery(workbenchId),
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        ),
      );
      await runInBatches(page.Items ?? [], (key) => this.#setExpiry(key, at));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  async #put(workbenchId: string, entry: HistoryEntry): Promise<void> {
    const { seq, ...rest } = historyEntrySchema.parse(entry);
    // A failed condition, clear or not, means that the entry is there.
    await writeConditionally('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(historyKey(workbenchId, seq)),
            entry: { M: marshall({ seq, ...rest }, { removeUndefinedValues: true }) },
          },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    );
  }

  async #remove(workbenchId: string, seq: number): Promise<void> {
    await callDynamoDb('DeleteItem', () =>
      this.#client.send(
        new DeleteItemCommand({ TableName: this.#table, Key: keyAttributes(historyKey(workbenchId, seq)) }),
      ),
    );
  }

  async #setExpiry(key: Item, at: number): Promise<void> {
    // Only where it still is: an update would otherwise make an item of nothing but an end.
    await writeConditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: key,
          UpdateExpression: `SET ${TABLE.ttlAttribute} = :at`,
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':at': { N: String(Math.ceil(at / 1000)) } },
        }),
      ),
    );
  }

  #parseOrReport(workbenchId: string, item: Item): HistoryEntry | undefined {
    try {
      return historyEntrySchema.parse(unmarshall(item.entry?.M ?? {}));
    } catch (error) {
      this.#telemetry.error('unreadable history entry skipped', { workbenchId }, error);
      this.#telemetry.count('unreadable_history_entry', 1);
      return undefined;
    }
  }
}

function historyQuery(workbenchId: string): {
  KeyConditionExpression: string;
  ExpressionAttributeValues: Record<string, AttributeValue>;
} {
  return {
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: historyPartition(workbenchId) } },
  };
}

async function runInBatches<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += CONCURRENT_CALLS_MAX) {
    await Promise.all(all.slice(start, start + CONCURRENT_CALLS_MAX).map(act));
  }
}
