import { setTimeout } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import { ACTIVITY_RETENTION_MS, type ActivityStore } from '#core/ports/activity-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { activityKey, type Item, keyAttributes, workbenchOfActivity } from './keys.ts';

/** The waits before DynamoDB is asked again for keys that it did not process, milliseconds. */
const RETRY_WAITS_MS = [50, 200];

/** The last activity in DynamoDB: one item per workbench, in a partition of its own. The gate may write only these. */
export class DynamoActivityStore implements ActivityStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  readonly #wait: (ms: number) => Promise<unknown>;

  constructor(
    client: DynamoDBClient,
    tableName: string,
    wait: (ms: number) => Promise<unknown> = setTimeout,
  ) {
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

  async read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    // DynamoDB refuses a request that names a key twice.
    let keys = [...new Set(workbenchIds)].map((id) => keyAttributes(activityKey(id)));
    const found = new Map<string, number>();
    for (let attempt = 0; keys.length > 0; attempt += 1) {
      if (attempt > 0) await this.#waitToRetry(attempt);
      const { items, unprocessed } = await this.#readSome(keys);
      for (const item of items) {
        const workbenchId = workbenchOfActivity(item);
        if (workbenchId !== undefined) found.set(workbenchId, Number(item.seen?.N));
      }
      keys = unprocessed;
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

  /** @throws PortError `throttled` when there were enough attempts */
  async #waitToRetry(attempt: number): Promise<void> {
    const wait = RETRY_WAITS_MS[attempt - 1];
    if (wait === undefined) throw new PortError('throttled', 'dynamodb: BatchGetItem left keys unprocessed');
    await this.#wait(wait);
  }

  async #readSome(keys: Item[]): Promise<{ readonly items: Item[]; readonly unprocessed: Item[] }> {
    const { Responses, UnprocessedKeys } = await callDynamoDb('BatchGetItem', () =>
      this.#client.send(
        new BatchGetItemCommand({
          RequestItems: { [this.#table]: { Keys: keys, ProjectionExpression: 'pk, seen' } },
        }),
      ),
    );
    return {
      items: Responses?.[this.#table] ?? [],
      unprocessed: UnprocessedKeys?.[this.#table]?.Keys ?? [],
    };
  }
}
