import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it, onTestFinished } from 'vitest';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { createTableInput } from '#contract/table.ts';
import { openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';

const TOOL = join(import.meta.dirname, '../../../tools/copy-table.ts');

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const env = { PATH, NODE_COMPILE_CACHE, AWS_REGION: 'us-west-1', ...environment };
    execFile(process.execPath, [TOOL, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

it('copies a table, and reports errors', async () => {
  const table = await openEmbeddedTable();
  const client = createTableClient(table.clientOptions);
  onTestFinished(async () => {
    client.destroy();
    await table.close();
  });
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: table.clientOptions.endpoint ?? '',
    AWS_ACCESS_KEY_ID: table.clientOptions.credentials?.accessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: 'unchecked',
  };
  const Item = { pk: { S: 'a' }, sk: { S: 'b' } };
  await client.send(new PutItemCommand({ TableName: table.tableName, Item }));
  await client.send(new CreateTableCommand(createTableInput('other')));

  const success = await run(['--from', table.tableName, '--to', 'other'], environment);
  expect(success).toMatchObject({ code: 0, stderr: '' });
  expect(success.stdout).toContain(`1 items written from ${table.tableName} into other`);
  const missing = await run(['--from', 'nowhere', '--to', 'other'], environment);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('ResourceNotFoundException');
});

it.each([
  [['--from', 'one'], '--to is required'],
  [['--from', 'one', '--to', 'one'], 'the same table'],
  [['--from', 'a b', '--to', 'one'], 'not a valid table name'],
  [['--table', 'one'], "Unknown option '--table'"],
])('exits with 2 and a reason for %j', async (args, reason) => {
  const { code, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stderr).toContain(reason);
});
