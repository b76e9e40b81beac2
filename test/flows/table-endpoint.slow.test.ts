import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCountedTable } from './counted-table.ts';
import {
  call,
  create,
  openServer,
  TINY_SERVER,
  temporaryFolder,
  until,
  waitForStatus,
  waitUntilGone,
} from './open-server.ts';

test('with WB_TABLE_ENDPOINT the records are in a table, and a workbench runs, stops and is deleted', async () => {
  const { endpoint: WB_TABLE_ENDPOINT } = await openCountedTable();
  const dataDir = await temporaryFolder();
  const environment = { WB_TABLE_ENDPOINT, WB_DATA_DIR: dataDir, WB_BOOT_COMMAND: TINY_SERVER };
  const first = await openServer(environment);
  expect(first.summary).toContainEqual(['Records', `table workbenches at ${WB_TABLE_ENDPOINT}`]);
  const { workbench_id } = await create(first);
  await waitForStatus(first, workbench_id, 'running');
  await first.close();
  expect(existsSync(join(dataDir, 'state.db'))).toBe(false);

  const second = await openServer(environment);
  await waitForStatus(second, workbench_id, 'stopped');
  await call(second, 'DELETE', `/workbenches/${workbench_id}`);
  await waitUntilGone(second, workbench_id);
  expect(second.telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

test.each([
  ['starts', 'exec sleep 300', 'pending', ['GetItem']],
  // The last use of a workbench is an item of its own.
  ['runs', TINY_SERVER, 'running', ['GetItem', 'BatchGetItem']],
] as const)(
  'a poll of a workbench that %s causes no call but the reads',
  async (_, command, status, reads) => {
    const { endpoint, operations } = await openCountedTable();
    const server = await openServer({ WB_TABLE_ENDPOINT: endpoint, WB_BOOT_COMMAND: command });
    const { workbench_id } = await create(server);
    await waitForStatus(server, workbench_id, status);
    // The life cycle may still write. It has finished when 200 ms pass without a call.
    await until(async () => {
      operations.length = 0;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return operations.length === 0;
    }, 'no call is made');
    for (let polls = 1; polls <= 3; polls += 1) {
      expect((await call(server, 'GET', `/workbenches/${workbench_id}`)).status).toBe(200);
      expect(operations).toEqual(Array(polls).fill(reads).flat());
    }
  },
);
