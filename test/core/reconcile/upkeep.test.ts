import { describe, expect, it } from 'vitest';
import { sweepCluster } from '#core/reconcile/upkeep.ts';
import { createdAtOf } from '#core/workbench/workbench-id.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { instead } from '#test/simulation/instead.ts';
import { MemoryUpkeep } from '#test/simulation/memory-upkeep.ts';
import { MemoryWorld } from '#test/simulation/memory-world.ts';

const ALL = { graceMs: 60 * 60_000, shard: 0, shards: 1 };

function aWorld() {
  const world = new MemoryWorld();
  const upkeep = new MemoryUpkeep();
  return { world, upkeep, ports: { ...world.ports, upkeep } };
}

describe('the sweep over the cluster', () => {
  it('keeps the newest task definition of a workbench, and none of one that is no more', async () => {
    const { world, upkeep, ports } = aWorld();
    const { workbenchId } = await world.create();
    const gone = idAt(T0, 9);
    upkeep.definitions.set(workbenchId, 4).set(gone, 2);
    world.clock.advance(ALL.graceMs);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ sweep: 'cluster', lookedAt: 2, removed: 2 });
    expect([upkeep.definitions.get(workbenchId), upkeep.definitions.get(gone)]).toEqual([1, 0]);
  });

  it('leaves the young alone: the index may not know their workbench yet', async () => {
    const { world, upkeep, ports } = aWorld();
    const young = idAt(world.clock.now() - 1000, 9);
    upkeep.definitions.set(young, 1);
    await sweepCluster(ports, ALL);
    expect(upkeep.definitions.get(young)).toBe(1);
  });

  it('gives way at the first throttle', async () => {
    const { upkeep, ports } = aWorld();
    upkeep.definitions.set(idAt(T0, 1), 1).set(idAt(T0, 2), 1);
    upkeep.allowed = 1;
    expect(await sweepCluster(ports, ALL)).toMatchObject({ removed: 1, failed: 0 });
    expect([...upkeep.definitions.values()]).toEqual([0, 1]);
  });

  it('goes on past one that cannot be deregistered', async () => {
    const { upkeep, ports } = aWorld();
    upkeep.definitions.set(idAt(T0, 1), 1);
    const broken = instead(upkeep, { pruneDefinitions: () => Promise.reject(new Error('no')) });
    expect(await sweepCluster({ ...ports, upkeep: broken }, ALL)).toMatchObject({ removed: 0, failed: 1 });
  });

  it('takes terminated machines off the cluster', async () => {
    const { upkeep, ports } = aWorld();
    upkeep.terminated = 3;
    expect(await sweepCluster(ports, ALL)).toMatchObject({ removed: 3 });
  });
});

describe('the time in an id', () => {
  it('is when the workbench was created', () => {
    expect(createdAtOf(idAt(T0, 5))).toBe(T0);
    expect(createdAtOf('too-short')).toBeUndefined();
    expect(createdAtOf('ILOU000000000000')).toBeUndefined();
  });
});
