import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { call, openServer, TINY_SERVER, waitForStatus } from './open-server.ts';

test('the history says after a stop whether processes of the workbench may remain', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const { workbench_id: id } = (await call(server, 'POST', '/workbenches')).body.item;
  await waitForStatus(server, id, 'running');
  const [record = ''] = await readdir(join(server.dataDir, 'tasks'));
  const task = JSON.parse(await readFile(join(server.dataDir, 'tasks', record), 'utf8'));
  await call(server, 'POST', `/workbenches/${id}/stop`);
  await waitForStatus(server, id, 'stopped');

  // Only a cgroup shows every process. Not every computer lets its users create one.
  const expected = task.cgroup === undefined ? ['processes_may_remain'] : [];
  await expect
    .poll(async () => {
      const { body } = await call(server, 'GET', `/workbenches/${id}/history`);
      const entries = (body as unknown as { items: readonly HistoryEntry[] }).items;
      return entries.map(({ type }) => type).filter((type) => type === 'processes_may_remain');
    })
    .toEqual(expected);
});
