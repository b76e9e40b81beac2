import { expect, it } from 'vitest';
import { build } from '#functions/schedules/sweep-tasks-and-hosts.ts';
import { withWorkbench } from '../api/with-workbench.ts';

it('the sweep over the cloud looks at tasks and machines, and keeps a report of each', async () => {
  const { world, ports, settings, key } = await withWorkbench();
  await world.untilStatus(key, 'running');
  const reports = await build(ports, settings)();
  expect(reports).toMatchObject([
    { sweep: 'tasks', lookedAt: 1, removed: 0 },
    { sweep: 'hosts', lookedAt: 0, removed: 0 },
  ]);
  expect(await world.reports.list()).toHaveLength(2);
});
