import { expect, it } from 'vitest';
import { build } from '#functions/schedules/sweep-cluster.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { MemoryUpkeep } from '#test/memory/memory-cluster-cleanup.ts';
import { withWorkbench } from '../api/with-workbench.ts';

it('the upkeep of the cluster comes to each workbench once a day, and to the machines each hour', async () => {
  const { world, ports, settings } = await withWorkbench();
  const upkeep = new MemoryUpkeep();
  for (let n = 0; n < 50; n += 1) upkeep.definitions.set(idAt(T0, n), 2);
  const sweep = build({ ...ports, upkeep }, settings);
  let lookedAt = 0;
  for (let hour = 0; hour < 24; hour += 1) {
    upkeep.terminatedCount = 1;
    lookedAt += (await sweep()).lookedAt;
    expect(upkeep.terminatedCount).toBe(0);
    world.clock.advance(60 * 60_000);
  }
  expect(lookedAt).toBe(50);
  expect(new Set(upkeep.definitions.values())).toEqual(new Set([0]));
});

it('the upkeep of the cluster spares what is younger than an orphan may be', async () => {
  const { world, ports, settings } = await withWorkbench();
  const upkeep = new MemoryUpkeep();
  const young = idAt(world.clock.now() - settings.WB_ORPHAN_GRACE_SECONDS * 1000 + 1, 1);
  upkeep.definitions.set(young, 2);
  for (let hour = 0; hour < 24; hour += 1) {
    // The hour of each shard, without the day passing.
    const clock = { now: () => world.clock.now() - hour * 60 * 60_000 };
    expect((await build({ ...ports, upkeep, clock }, settings)()).lookedAt).toBe(0);
  }
  expect(upkeep.definitions.get(young)).toBe(2);
});
