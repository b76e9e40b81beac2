import { expect, it } from 'vitest';
import { runOf } from '#core/workbench/workbench.ts';
import { buildSweepActive, buildSweepDue, buildSweepTasksAndHosts } from '#functions/schedules/sweeps.ts';
import { withWorkbench } from '../api/with-workbench.ts';

it('sweep-due enqueues a due workbench whose message was lost', async () => {
  const { world, ports, key } = await withWorkbench();
  expect(world.queue.takeDue()).toEqual(key);
  expect(await buildSweepDue(ports)()).toMatchObject({ enqueued: 1 });
  await world.waitForStatus(key, 'running');
  expect(await buildSweepDue(ports)()).toMatchObject({ enqueued: 0 });
});

it('sweep-active finds a task that disappeared without an event', async () => {
  const { world, ports, settings, key } = await withWorkbench();
  await world.waitForStatus(key, 'running');
  const tasks = Object.assign(Object.create(ports.tasks), {
    describe: async (ids: readonly string[]) => ids.map((taskId) => ({ taskId, missing: true })),
  });
  const report = await buildSweepActive({ ...ports, tasks }, settings)();
  expect(report).toMatchObject({ checked: 1, repaired: 1, failed: 0 });
  expect(runOf(await world.read(key))).toHaveProperty('missingSince');
});

it('sweep-tasks-and-hosts sweeps tasks and hosts, and stores a report of each', async () => {
  const { world, ports, settings, key } = await withWorkbench();
  await world.waitForStatus(key, 'running');
  const reports = await buildSweepTasksAndHosts(ports, settings)();
  expect(reports).toMatchObject([
    { sweep: 'tasks', checked: 1, deleted: 0 },
    { sweep: 'hosts', checked: 0, deleted: 0 },
  ]);
  expect(await world.reports.list()).toHaveLength(2);
});
