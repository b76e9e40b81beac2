import { expect, it } from 'vitest';
import { buildSweepDue } from '#functions/schedules/sweeps.ts';
import { withWorkbench } from '../api/with-workbench.ts';

it('sweep-due enqueues a due workbench whose message was lost', async () => {
  const { world, ports, key } = await withWorkbench();
  expect(world.queue.takeDue()).toEqual(key);
  expect(await buildSweepDue(ports)()).toMatchObject({ enqueued: 1 });
  await world.waitForStatus(key, 'running');
  expect(await buildSweepDue(ports)()).toMatchObject({ enqueued: 0 });
});
