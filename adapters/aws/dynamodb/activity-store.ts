import { DeleteItemCommand, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import { ACTIVITY_RETENTION_MS, type ActivityStore } from '#core/ports/activity-store.ts';
import { batchGetItems, type Wait } from './batch-get.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { activityKey, keyAttributes, workbenchOfActivity } from './keys.ts';

/** The last activity in DynamoDB: one item per workbench, in a partition of its own. The gate may write only these. */
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
