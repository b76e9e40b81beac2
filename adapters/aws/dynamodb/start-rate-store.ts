import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import { START_COUNT_RETENTION_MS, type StartRateStore } from '#core/ports/start-rate-store.ts';
import { writeConditionally } from './errors.ts';
import { keyAttributes, startCountKey } from './keys.ts';

/** Numbers of starts in DynamoDB: one small item per user and minute, in the partition of the user's records. */
export class DynamoStartRateStore implements StartRateStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async count(userId: string, minute: number, max: number): Promise<'counted' | 'full'> {
    const outcome = await writeConditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyAttributes(startCountKey(userId, minute)),
          UpdateExpression: 'ADD start_count :one SET #ttl = :expires_at',
          ConditionExpression: 'attribute_not_exists(start_count) OR start_count < :max',
          ExpressionAttributeNames: { '#ttl': TABLE.ttlAttribute },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':max': { N: String(max) },
            ':expires_at': { N: String(Math.ceil((minute + START_COUNT_RETENTION_MS) / 1000)) },
          },
        }),
      ),
    );
    // `unclear` is full too: the SDK has sent the request twice, and the first one may have counted the last start.
    return outcome === 'done' ? 'counted' : 'full';
  }
}
