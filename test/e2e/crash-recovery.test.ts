import { expect, test } from 'vitest';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { createDataDir, LocalServer } from './local-server.ts';

const WORKBENCH_COUNT = 100;

interface Item {
  readonly workbench_id: string;
  readonly status: string;
  readonly status_reason?: { readonly code: string };
}

test(`after kill -9 during ${WORKBENCH_COUNT} starts no process is left and all workbenches stop`, async () => {
  const dataDir = await createDataDir();
  // Each task exits after a second, so that all slots become free.
  const settings = { WB_LOCAL_MAX_RUNNING: '25', WB_BOOT_COMMAND: 'exec sleep 1' };
  const first = await LocalServer.start(dataDir, settings);
  const created = await Promise.all(Array.from({ length: WORKBENCH_COUNT }, () => create(first)));
  expect(new Set(created).size).toBe(WORKBENCH_COUNT);
  await eventually(
    waitRealStep,
    'some of them run',
    async () => (await first.workbenchProcesses()).length >= 5,
  );
  await first.kill();

  const second = await LocalServer.start(dataDir, settings);
  let items: readonly Item[] = [];
  await eventually(waitRealStep, 'all have stopped', async () => {
    items = await list(second);
    return items.every(({ status }) => status === 'stopped');
  });
  expect(items.map(({ workbench_id }) => workbench_id).sort()).toEqual([...created].sort());
  // The reason is the exit of the process or the end of the server.
  const codes = new Set(items.map(({ status_reason }) => status_reason?.code));
  expect([...codes].sort()).toEqual(['exited', 'instance_lost']);
  expect(await second.workbenchProcesses()).toEqual([]);

  const reports = await listReports(second);
  expect(reports.map(({ sweep }) => sweep)).toEqual(expect.arrayContaining(['active', 'tasks', 'hosts']));
  for (const report of reports)
    expect(report).toMatchObject({ failed: 0, deleted: 0, deletion_limit_exceeded: false });
});

async function create(server: LocalServer): Promise<string> {
  const response = await fetch(`${server.api}/workbenches?user_id=me`, { method: 'POST' });
  expect(response.status).toBe(201);
  return ((await response.json()) as { item: Item }).item.workbench_id;
}

async function list(server: LocalServer): Promise<readonly Item[]> {
  const response = await fetch(`${server.api}/workbenches?user_id=me`);
  return ((await response.json()) as { items: readonly Item[] }).items;
}

async function listReports(
  server: LocalServer,
): Promise<readonly { readonly sweep: string; readonly failed: number }[]> {
  const response = await fetch(`${server.api}/reports/reconcile`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: readonly { sweep: string; failed: number }[] }).items;
}
