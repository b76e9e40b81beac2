import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;

/** DynamoDB's limit for one BatchWriteItem request. */
const BATCH_ITEMS_MAX = 25;
/** Attempts to write the unprocessed items of a request, with exponential backoff. */
const ATTEMPTS_MAX = 10;
const BACKOFF_MS = 100;

export interface Copy {
  readonly from: string;
  readonly to: string;
  /** Only counts the items. @default false */
  readonly dryRun?: boolean;
  /** Waits for the given milliseconds. @default setTimeout */
  readonly wait?: (ms: number) => Promise<unknown>;
  /** Called after each page with the number of items so far. */
  readonly onProgress?: (items: number) => void;
}

/**
 * Copies every item of a table into another and overwrites items with the same key. Other items of the target are kept.
 * Can be repeated after an interruption.
 * @returns The number of items.
 * @throws Error If DynamoDB leaves items unprocessed after all attempts.
 */
export async function copyItems(client: DynamoDBClient, copy: Copy): Promise<number> {
  let items = 0;
  let next: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: copy.from,
        ConsistentRead: true,
        ...(next === undefined ? {} : { ExclusiveStartKey: next }),
      }),
    );
    const pageItems = page.Items ?? [];
    if (!copy.dryRun) {
      for (let start = 0; start < pageItems.length; start += BATCH_ITEMS_MAX)
        await writeBatch(client, copy, pageItems.slice(start, start + BATCH_ITEMS_MAX));
    }
    items += pageItems.length;
    copy.onProgress?.(items);
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}

async function writeBatch(
  client: DynamoDBClient,
  { to: table, wait = setTimeout }: Copy,
  items: readonly Item[],
): Promise<void> {
  let remaining = items.map((Item) => ({ PutRequest: { Item } }));
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const { UnprocessedItems } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [table]: remaining } }),
    );
    const unprocessed = UnprocessedItems?.[table] ?? [];
    if (unprocessed.length === 0) return;
    remaining = unprocessed.flatMap(({ PutRequest }) =>
      PutRequest?.Item === undefined ? [] : [{ PutRequest: { Item: PutRequest.Item } }],
    );
    await wait(BACKOFF_MS * 2 ** attempt);
  }
  throw new Error(
    `DynamoDB did not write ${remaining.length} items after ${ATTEMPTS_MAX} attempts. Run the command again.`,
  );
}
