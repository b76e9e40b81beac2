import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  paginateScan,
  type ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTableInput } from '#contract/table.ts';
import { openTableUnderTest, type TableUnderTest } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { copyItems } from '#tools/table/copy-items.ts';

const RESTORED = 'restored';

let table: TableUnderTest;
beforeEach(async () => {
  table = await openTableUnderTest();
  await table.client.send(new CreateTableCommand(createTableInput(RESTORED)));
  const readStatus = async () => {
    const { Table } = await table.client.send(new DescribeTableCommand({ TableName: RESTORED }));
    return Table?.TableStatus;
  };
  await expect.poll(readStatus).toBe('ACTIVE');
});
afterEach(() => table.dispose());

function item(index: number, text: string): Record<string, AttributeValue> {
  return { pk: { S: `user#${index}` }, sk: { S: 'workbench#x' }, text: { S: text }, expires_at: { N: '1' } };
}

async function put(tableName: string, ...items: readonly Record<string, AttributeValue>[]) {
  for (const Item of items) await table.client.send(new PutItemCommand({ TableName: tableName, Item }));
}

async function textsOf(tableName: string): Promise<Record<string, string>> {
  const Items: Record<string, AttributeValue>[] = [];
  for await (const page of paginateScan({ client: table.client }, { TableName: tableName })) {
    Items.push(...(page.Items ?? []));
  }
  return Object.fromEntries(Items.map(({ pk, text }) => [pk?.S ?? '', text?.S ?? '']));
}

it('overwrites items with the same key, and keeps other items', async () => {
  await put(RESTORED, ...Array.from({ length: 60 }, (_, index) => item(index, 'restored')));
  await put(table.tableName, item(1, 'damaged'), item(99, 'since'));
  expect(await copyItems(table.client, { from: RESTORED, to: table.tableName })).toBe(60);
  const texts = await textsOf(table.tableName);
  expect(Object.keys(texts)).toHaveLength(61);
  expect(texts['user#1']).toBe('restored');
  expect(texts['user#99']).toBe('since');
  expect(Object.keys(await textsOf(RESTORED))).toHaveLength(60);
});

it('copies all pages', async () => {
  const large = 'x'.repeat(300_000);
  await put(RESTORED, ...Array.from({ length: 8 }, (_, index) => item(index, large)));
  const pages: number[] = [];
  await copyItems(table.client, {
    from: RESTORED,
    to: table.tableName,
    onProgress: (items) => pages.push(items),
  });
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.at(-1)).toBe(8);
  expect(Object.keys(await textsOf(table.tableName))).toHaveLength(8);
});

it('only counts in a dry run', async () => {
  await put(RESTORED, item(1, 'restored'));
  expect(await copyItems(table.client, { from: RESTORED, to: table.tableName, dryRun: true })).toBe(1);
  expect(await textsOf(table.tableName)).toEqual({});
});

/** Returns a client that leaves the first item of a batch unprocessed this many times. */
function clientWithUnprocessedItems(times: number): DynamoDBClient {
  let remaining = times;
  const send = async (command: unknown) => {
    if (!(command instanceof BatchWriteItemCommand) || remaining === 0)
      return table.client.send(command as ScanCommand);
    remaining -= 1;
    const [requests = []] = Object.values(command.input.RequestItems ?? {});
    return { UnprocessedItems: { [table.tableName]: requests.slice(0, 1) } };
  };
  return { send } as unknown as DynamoDBClient;
}

it('retries unprocessed items with exponential backoff', async () => {
  await put(RESTORED, item(1, 'restored'));
  const delays: number[] = [];
  const wait = async (ms: number) => delays.push(ms);
  const copy = { from: RESTORED, to: table.tableName, wait };
  expect(await copyItems(clientWithUnprocessedItems(3), copy)).toBe(1);
  expect(await textsOf(table.tableName)).toEqual({ 'user#1': 'restored' });
  expect(delays).toEqual([200, 400, 800]);
});

it('fails if DynamoDB never writes an item, and says to run it again', async () => {
  await put(RESTORED, item(1, 'restored'));
  const copy = { from: RESTORED, to: table.tableName, wait: async () => {} };
  await expect(copyItems(clientWithUnprocessedItems(1000), copy)).rejects.toThrow(
    'did not write 1 items after 10 attempts. Run the command again',
  );
});
