import { expect, it } from 'vitest';
import { runOf } from '#core/workbench/workbench.ts';
import { buildSweepActive } from '#functions/schedules/sweeps.ts';
import { withWorkbench } from '../api/with-workbench.ts';

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
