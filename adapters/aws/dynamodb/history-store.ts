import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { EVENT_ATTRIBUTE, TABLE } from '#contract/table.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { HISTORY_ENTRIES_MAX, type HistoryStore } from '#core/ports/workbench-store.ts';
import { type HistoryEntry, historyEntrySchema } from '#core/workbench/history.ts';
import { eventIdOf, type WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { historyKey, historyPartition, type Item, keyAttributes } from './keys.ts';
import { queryPages } from './read-many.ts';

/** The most concurrent calls of one method. */
const CONCURRENT_CALLS_MAX = 10;

/**
 * Histories in DynamoDB: one item per entry, in a partition per workbench, so that a history outlives the record and the
 * owner. An entry is written only if it does not exist yet: writing it again changes neither the entry nor the expiry
 * that `expire` has set. The event of an entry is an attribute of its item. The stream of the table delivers each new item to
 * `publish-events` (docs/decisions/0048-events-are-published-from-the-history.md).
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

  async append(
    workbenchId: string,
    entries: readonly HistoryEntry[],
    events: readonly WorkbenchEvent[] = [],
  ): Promise<void> {
    const eventsById = new Map(events.map((event) => [event.id, event]));
    const newest = Math.max(0, ...entries.map(({ seq }) => seq));
    const recent = entries.filter(({ seq }) => seq > newest - HISTORY_ENTRIES_MAX);
    await runInBatches(recent, (entry) =>
      this.#put(workbenchId, entry, eventsById.get(eventIdOf(workbenchId, entry))),
    );
    // Each sequence number in `entries` deletes the one HISTORY_ENTRIES_MAX before it, whether or not the entry already
    // existed. A retry of an interrupted call therefore also deletes what that call left.
    const expired = entries.map(({ seq }) => seq - HISTORY_ENTRIES_MAX).filter((seq) => seq > 0);
    await runInBatches(expired, (seq) => this.#remove(workbenchId, seq));
  }

  async list(workbenchId: string): Promise<readonly HistoryEntry[]> {
    const response = await callDynamoDb('Query', () =>
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
    return (response.Items ?? []).flatMap((item) => this.#parseOrReport(workbenchId, item) ?? []);
  }

  async expire(workbenchId: string, at: number): Promise<void> {
    const input = () => ({
      TableName: this.#table,
      ConsistentRead: true,
      ProjectionExpression: 'pk, sk',
      ...historyQuery(workbenchId),
    });
    for await (const { items } of queryPages(this.#client, input))
      await runInBatches(items, (key) => this.#setExpiry(key, at));
  }

  async #put(workbenchId: string, entry: HistoryEntry, event: WorkbenchEvent | undefined): Promise<void> {
    // As it was stored in the record: with fields and values that this version does not know.
    const stored = z.encode(historyEntrySchema, entry);
    // A failed condition, clear or not, means that the entry is there.
    await writeConditionally('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(historyKey(workbenchId, entry.seq)),
            entry: { M: marshall(stored, { removeUndefinedValues: true }) },
            ...(event === undefined ? {} : { [EVENT_ATTRIBUTE]: { S: JSON.stringify(event) } }),
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
    // Without the condition, an update of a deleted entry would create an item that has nothing but an expiry.
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
      this.#telemetry.error('history entry is unreadable; skipped', { workbenchId }, error);
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

async function runInBatches<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += CONCURRENT_CALLS_MAX) {
    await Promise.all(items.slice(start, start + CONCURRENT_CALLS_MAX).map(run));
  }
}
