import { expect, it } from 'vitest';
import { build } from '#functions/schedules/sweep-cluster.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { MemoryClusterCleanup } from '#test/memory/memory-cluster-cleanup.ts';
import { withWorkbench } from '../api/with-workbench.ts';

it('sweep-cluster checks each workbench once a day, and the container instances every ten minutes', async () => {
  const { world, ports, settings } = await withWorkbench();
  const cleanup = new MemoryClusterCleanup();
  for (let n = 0; n < 50; n += 1) cleanup.definitions.set(idAt(T0, n), 2);
  const sweep = build({ ...ports, cleanup }, settings);
  let checked = 0;
  for (let interval = 0; interval < 24 * 6; interval += 1) {
    cleanup.terminatedCount = 1;
    checked += (await sweep()).checked;
    expect(cleanup.terminatedCount).toBe(0);
    world.clock.advance(10 * 60_000);
  }
  expect(checked).toBe(50);
  expect(new Set(cleanup.definitions.values())).toEqual(new Set([0]));
});

it('sweep-cluster ignores workbenches within the grace period', async () => {
  const { world, ports, settings } = await withWorkbench();
  const cleanup = new MemoryClusterCleanup();
  const young = idAt(world.clock.now() - settings.WB_ORPHAN_GRACE_SECONDS * 1000 + 1, 1);
  cleanup.definitions.set(young, 2);
  for (let interval = 0; interval < 24 * 6; interval += 1) {
    // Selects each shard without advancing the time by a day.
    const clock = { now: () => world.clock.now() - interval * 10 * 60_000 };
    expect((await build({ ...ports, cleanup, clock }, settings)()).checked).toBe(0);
  }
  expect(cleanup.definitions.get(young)).toBe(2);
});
