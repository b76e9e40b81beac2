import { describe, expect, it } from 'vitest';
import type { ClusterUpkeep } from '#core/ports/cluster-cleanup.ts';
import { DEREGISTER_MAX, sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { shardOf } from '#core/reconcile/sweep-volumes.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { MemoryUpkeep } from '#test/memory/memory-cluster-cleanup.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

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
    upkeep.callsUntilThrottled = 1;
    expect(await sweepCluster(ports, ALL)).toMatchObject({ removed: 1, failed: 0 });
    expect([...upkeep.definitions.values()]).toEqual([0, 1]);
  });

  it('goes on past one that cannot be deregistered', async () => {
    const { upkeep, ports } = aWorld();
    upkeep.definitions.set(idAt(T0, 1), 1);
    const broken = overrideMethods(upkeep, { pruneDefinitions: () => Promise.reject(new Error('no')) });
    expect(await sweepCluster({ ...ports, upkeep: broken }, ALL)).toMatchObject({ removed: 0, failed: 1 });
  });

  it('takes terminated machines off the cluster', async () => {
    const { upkeep, ports } = aWorld();
    upkeep.terminatedCount = 3;
    expect(await sweepCluster(ports, ALL)).toMatchObject({ removed: 3 });
  });
});

const many = (count: number) => Array.from({ length: count }, (_, n) => idAt(T0, n));

describe('what the upkeep leaves for later', () => {
  it('is what is over when it has deregistered as many as it may in one pass', async () => {
    const { upkeep, ports } = aWorld();
    for (const id of many(DEREGISTER_MAX + 2)) upkeep.definitions.set(id, 1);
    const limits: number[] = [];
    const counting = overrideMethods(upkeep, {
      pruneDefinitions: (id, keep, limit) => {
        limits.push(limit);
        return upkeep.pruneDefinitions(id, keep, limit);
      },
    });
    const report = await sweepCluster({ ...ports, upkeep: counting }, ALL);
    expect(report).toMatchObject({ lookedAt: DEREGISTER_MAX, removed: DEREGISTER_MAX, waiting: 1 });
    expect([...upkeep.definitions.values()].filter((count) => count > 0)).toHaveLength(2);
    expect([limits[0], limits.at(-1)]).toEqual([DEREGISTER_MAX, 1]);
  });

  it('is named when there is more, and not when that was all', async () => {
    const { upkeep, ports, world } = aWorld();
    for (const id of many(DEREGISTER_MAX)) upkeep.definitions.set(id, 1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ removed: DEREGISTER_MAX, waiting: 0 });
    const more = overrideMethods(upkeep, {
      listDefined: async () => ({ workbenchIds: many(DEREGISTER_MAX + 1) }),
      pruneDefinitions: async () => ({ removed: 1, more: false }),
    });
    await sweepCluster({ ...ports, upkeep: more }, ALL);
    expect((await world.reports.list())[0]).toMatchObject({ waiting: 1 });
    const { findings } = await sweepCluster(
      { ...ports, upkeep: overrideMethods(more, { pruneDefinitions: async () => ({ removed: 150, more: false }) }) },
      ALL,
    );
    expect(findings.at(-1)).toEqual({
      ...{ id: many(3)[2], what: 'waits_turn' },
      why: `${DEREGISTER_MAX} are enough for one pass.`,
    });
  });

  it('is everything after the first throttle, which it says', async () => {
    const { upkeep, ports } = aWorld();
    for (const id of many(3)) upkeep.definitions.set(id, 1);
    upkeep.callsUntilThrottled = 1;
    const report = await sweepCluster(ports, ALL);
    expect(report.findings.map(({ what }) => what)).toEqual(['removed', 'waits_throttled']);
    expect(report.lookedAt).toBe(2);
  });

  it('is one that cannot be deregistered, which it tells', async () => {
    const { upkeep, ports, world } = aWorld();
    for (const id of many(2)) upkeep.definitions.set(id, 1);
    const broken = overrideMethods(upkeep, {
      pruneDefinitions: (id, keep, limit) =>
        id === many(1)[0] ? Promise.reject(new Error('no')) : upkeep.pruneDefinitions(id, keep, limit),
    });
    const report = await sweepCluster({ ...ports, upkeep: broken }, ALL);
    expect(report.findings).toMatchObject([
      { id: many(1)[0], what: 'failed', why: 'Its task definitions could not be deregistered.' },
      { what: 'removed' },
    ]);
    const message = 'task definitions could not be deregistered';
    expect(world.telemetry.lines).toContainEqual({ level: 'error', message });
    expect(world.telemetry.fields.get(message)).toEqual({ workbenchId: many(1)[0] });
  });
});

describe('the upkeep', () => {
  /** Two pages, of which the second is the end. */
  function inPages(upkeep: MemoryUpkeep, onAsk: () => void) {
    const asked: (string | undefined)[] = [];
    const paged = overrideMethods<ClusterUpkeep>(upkeep, {
      listDefined: async (cursor) => {
        asked.push(cursor);
        onAsk();
        const [first, ...rest] = many(3);
        return cursor === undefined ? { workbenchIds: [first ?? ''], cursor: '2' } : { workbenchIds: rest };
      },
    });
    return { asked, paged };
  }

  it('lists nothing more when it has done its share', async () => {
    const { upkeep, ports } = aWorld();
    const { asked, paged } = inPages(upkeep, () => {});
    const all = overrideMethods(paged, {
      pruneDefinitions: async (_id, _keep, limit) => ({ removed: limit, more: true }),
    });
    await sweepCluster({ ...ports, upkeep: all }, ALL);
    expect(asked).toEqual([undefined]);
  });

  it('begins no page when its time is over, and says so', async () => {
    const { world, upkeep, ports } = aWorld();
    const { asked, paged } = inPages(upkeep, () => world.clock.advance(12 * 60_000));
    const report = await sweepCluster({ ...ports, upkeep: paged }, ALL);
    expect(asked).toEqual([undefined]);
    expect(report.findings.at(-1)).toMatchObject({ id: 'cluster', what: 'waits_turn' });
    expect(report).not.toHaveProperty('resumeAt');
  });

  it('finds nothing to say of what has only its newest task definition', async () => {
    const { world, upkeep, ports } = aWorld();
    const { workbenchId } = await world.create();
    upkeep.definitions.set(workbenchId, 1);
    world.clock.advance(ALL.graceMs);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ lookedAt: 1, removed: 0, findings: [] });
  });

  it('says of old ones that they are old', async () => {
    const { world, upkeep, ports } = aWorld();
    const { workbenchId } = await world.create();
    upkeep.definitions.set(workbenchId, 2);
    world.clock.advance(ALL.graceMs);
    expect((await sweepCluster(ports, ALL)).findings).toEqual([
      { id: workbenchId, what: 'removed', kind: 'task_definition', why: 'Old task definitions.' },
    ]);
  });

  it('spares the young until their grace is over, to the moment', async () => {
    const { world, upkeep, ports } = aWorld();
    const id = idAt(world.clock.now(), 9);
    upkeep.definitions.set(id, 1);
    world.clock.advance(ALL.graceMs - 1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ lookedAt: 0 });
    world.clock.advance(1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ removed: 1 });
  });

  it('counts what has no time in its name as old', async () => {
    const { upkeep, ports } = aWorld();
    upkeep.definitions.set('of-somebody-else', 1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ removed: 1 });
  });

  it('looks at its shard alone', async () => {
    const { upkeep, ports } = aWorld();
    const ids = Array.from({ length: 30 }, (_, n) => idAt(T0, n));
    for (const id of ids) upkeep.definitions.set(id, 1);
    const report = await sweepCluster(ports, { ...ALL, shard: 1, shards: 3 });
    expect(report.removed).toBe(ids.filter((id) => shardOf(id, 3) === 1).length);
  });
});
