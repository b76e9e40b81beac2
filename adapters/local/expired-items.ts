import { DeleteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { callDynamoDb, conditionally } from '#adapters/aws/dynamodb/errors.ts';
import type { Item } from '#adapters/aws/dynamodb/keys.ts';
import { TABLE } from '#contract/table.ts';

/** How many items one sweep looks at, at most. */
const LOOKED_AT = 1_000;

/** Where the next sweep goes on; absent when this one has come to the end of the table. */
export type SweepPosition = Item | undefined;

/**
 * Removes items whose TTL has passed, as DynamoDB does by itself and the embedded table does not. Bounded: it
 * looks at 1,000 items and says where the next call is to go on.
 * @param now milliseconds since 1970
 */
export async function sweepExpired(
  client: DynamoDBClient,
  tableName: string,
  now: number,
  position?: SweepPosition,
): Promise<{ readonly removed: number; readonly next: SweepPosition }> {
  const { ttlAttribute, partitionKey, sortKey } = TABLE;
  const expired = {
    ExpressionAttributeNames: { '#ttl': ttlAttribute },
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1000)) } },
  };
  const page = await callDynamoDb('Scan', () =>
    client.send(
      new ScanCommand({
        TableName: tableName,
        Limit: LOOKED_AT,
        FilterExpression: '#ttl < :now',
        ...expired,
        ...(position === undefined ? {} : { ExclusiveStartKey: position }),
      }),
    ),
  );
  let removed = 0;
  for (const item of page.Items ?? []) {
    const { [partitionKey.name]: pk, [sortKey.name]: sk } = item;
    if (pk === undefined || sk === undefined) continue;
    // A claim may have been taken anew since it was looked at.
    const outcome = await conditionally('DeleteItem', () =>
      client.send(
        new DeleteItemCommand({
          TableName: tableName,
          Key: { [partitionKey.name]: pk, [sortKey.name]: sk },
          ConditionExpression: '#ttl < :now',
          ...expired,
        }),
      ),
    );
    if (outcome === 'done') removed += 1;
  }
  return { removed, next: page.LastEvaluatedKey };
}
