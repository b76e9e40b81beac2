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
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTableInput } from '#contract/table.ts';
import { openTableUnderTest, type TableUnderTest } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { copyItems } from '#tools/table/copy-items.ts';

const RESTORED = 'restored';

let table: TableUnderTest;
beforeEach(async () => {
  table = await openTableUnderTest();
  await table.client.send(new CreateTableCommand(createTableInput(RESTORED)));
  await vi.waitFor(async () => {
    const { Table } = await table.client.send(new DescribeTableCommand({ TableName: RESTORED }));
    expect(Table?.TableStatus).toBe('ACTIVE');
  });
});
afterEach(() => table.dispose());

function item(at: number, text: string): Record<string, AttributeValue> {
  return { pk: { S: `user#${at}` }, sk: { S: 'workbench#x' }, text: { S: text }, expires_at: { N: '1' } };
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

it('writes every item over what is there, and leaves what only the other has', async () => {
  await put(RESTORED, ...Array.from({ length: 60 }, (_, at) => item(at, 'restored')));
  await put(table.tableName, item(1, 'damaged'), item(99, 'since'));
  expect(await copyItems(table.client, { from: RESTORED, to: table.tableName })).toBe(60);
  const texts = await textsOf(table.tableName);
  expect(Object.keys(texts)).toHaveLength(61);
  expect(texts['user#1']).toBe('restored');
  expect(texts['user#99']).toBe('since');
  expect(Object.keys(await textsOf(RESTORED))).toHaveLength(60);
});

it('goes through page after page', async () => {
  const large = 'x'.repeat(300_000);
  await put(RESTORED, ...Array.from({ length: 8 }, (_, at) => item(at, large)));
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

it('in a dry run counts, and writes nothing', async () => {
  await put(RESTORED, item(1, 'restored'));
  expect(await copyItems(table.client, { from: RESTORED, to: table.tableName, dryRun: true })).toBe(1);
  expect(await textsOf(table.tableName)).toEqual({});
});

/** A client whose batches leave the first item unwritten, so often. */
function leavingSome(times: number): DynamoDBClient {
  let left = times;
  const send = async (command: unknown) => {
    if (!(command instanceof BatchWriteItemCommand) || left === 0)
      return table.client.send(command as ScanCommand);
    left -= 1;
    const [requests = []] = Object.values(command.input.RequestItems ?? {});
    return { UnprocessedItems: { [table.tableName]: requests.slice(0, 1) } };
  };
  return { send } as unknown as DynamoDBClient;
}

it('tries again what was left unwritten, each time after a longer pause', async () => {
  await put(RESTORED, item(1, 'restored'));
  const pauses: number[] = [];
  const wait = async (ms: number) => pauses.push(ms);
  const copy = { from: RESTORED, to: table.tableName, wait };
  expect(await copyItems(leavingSome(3), copy)).toBe(1);
  expect(await textsOf(table.tableName)).toEqual({ 'user#1': 'restored' });
  expect(pauses).toEqual([200, 400, 800]);
});

it('gives up when DynamoDB never writes it, and says that it can be run again', async () => {
  await put(RESTORED, item(1, 'restored'));
  const copy = { from: RESTORED, to: table.tableName, wait: async () => {} };
  await expect(copyItems(leavingSome(1000), copy)).rejects.toThrow('1 items could not be written');
});
