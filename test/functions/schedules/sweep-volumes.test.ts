import { expect, it } from 'vitest';
import { build } from '#functions/schedules/sweep-volumes.ts';
import { withWorkbench } from '../api/with-workbench.ts';

it('sweep-volumes checks each volume once a day', async () => {
  const { world, ports, settings, key } = await withWorkbench();
  await world.waitForStatus(key, 'running');
  const sweep = build(ports, settings);
  let checked = 0;
  for (let hour = 0; hour < 24; hour += 1) {
    checked += (await sweep()).checked;
    world.clock.advance(60 * 60_000);
  }
  expect(checked).toBe(1);
});
