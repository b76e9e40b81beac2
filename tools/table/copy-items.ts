import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;

/** As many items DynamoDB writes in one call. */
const BATCH_ITEMS_MAX = 25;
/** What a call leaves unwritten is tried again so often, each time after a longer pause. */
const ATTEMPTS_MAX = 10;
const BACKOFF_MS = 100;

export interface Copy {
  readonly from: string;
  readonly to: string;
  /** Only counts. @default false */
  readonly dryRun?: boolean;
  /** Waits so many milliseconds. @default setTimeout */
  readonly wait?: (ms: number) => Promise<unknown>;
  /** Told after each page how many items there were so far. */
  readonly onProgress?: (items: number) => void;
}

/**
 * Writes every item of a table into another, over what is there under the same key; what only the other has stays.
 * Broken off, it can be run again.
 * @returns how many items there were
 * @throws Error when DynamoDB keeps leaving items unwritten
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
    const found = page.Items ?? [];
    if (!copy.dryRun) {
      for (let at = 0; at < found.length; at += BATCH_ITEMS_MAX)
        await writeBatch(client, copy, found.slice(at, at + BATCH_ITEMS_MAX));
    }
    items += found.length;
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
  let left = items.map((Item) => ({ PutRequest: { Item } }));
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const { UnprocessedItems } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [table]: left } }),
    );
    const unwritten = UnprocessedItems?.[table] ?? [];
    if (unwritten.length === 0) return;
    left = unwritten.flatMap(({ PutRequest }) =>
      PutRequest?.Item === undefined ? [] : [{ PutRequest: { Item: PutRequest.Item } }],
    );
    await wait(BACKOFF_MS * 2 ** attempt);
  }
  throw new Error(`${left.length} items could not be written after ${ATTEMPTS_MAX} attempts: run it again`);
}
