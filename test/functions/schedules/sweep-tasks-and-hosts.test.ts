import { expect, it } from 'vitest';
import { buildSweepTasksAndHosts } from '#functions/schedules/sweeps.ts';
import { withWorkbench } from '../api/with-workbench.ts';

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
