import { DeleteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import type { Item } from './keys.ts';

/** Items that one call reads. */
const SCAN_PAGE_SIZE = 1_000;

/** Where the next call continues. Undefined at the end of the table. */
export type ExpiryScanPosition = Item | undefined;

/**
 * Deletes items whose TTL has passed, as DynamoDB does in a table with TTL. One call reads at most 1,000
 * items and returns where the next call continues.
 * @param now milliseconds since 1970
 */
export async function deleteExpiredItems(
  client: DynamoDBClient,
  tableName: string,
  now: number,
  position?: ExpiryScanPosition,
): Promise<{ readonly deleted: number; readonly next: ExpiryScanPosition }> {
  const { ttlAttribute, partitionKey, sortKey } = TABLE;
  const expired = {
    ExpressionAttributeNames: { '#ttl': ttlAttribute },
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1000)) } },
  };
  const page = await callDynamoDb('Scan', () =>
    client.send(
      new ScanCommand({
        TableName: tableName,
        Limit: SCAN_PAGE_SIZE,
        FilterExpression: '#ttl < :now',
        ...expired,
        ...(position === undefined ? {} : { ExclusiveStartKey: position }),
      }),
    ),
  );
  let deleted = 0;
  for (const item of page.Items ?? []) {
    const { [partitionKey.name]: pk, [sortKey.name]: sk } = item;
    if (pk === undefined || sk === undefined) continue;
    // An idempotency key may have been claimed again since it was read.
    const outcome = await writeConditionally('DeleteItem', () =>
      client.send(
        new DeleteItemCommand({
          TableName: tableName,
          Key: { [partitionKey.name]: pk, [sortKey.name]: sk },
          ConditionExpression: '#ttl < :now',
          ...expired,
        }),
      ),
    );
    if (outcome === 'done') deleted += 1;
  }
  return { deleted, next: page.LastEvaluatedKey };
}
