import { describe, expect, it } from 'vitest';
import type { ClusterCleanup } from '#core/ports/cluster-cleanup.ts';
import { DEREGISTER_MAX, sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { shardOf } from '#core/reconcile/sweep-volumes.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { MemoryClusterCleanup } from '#test/memory/memory-cluster-cleanup.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const ALL = { graceMs: 60 * 60_000, shard: 0, shards: 1 };

function aWorld() {
  const world = new MemoryWorld();
  const cleanup = new MemoryClusterCleanup();
  return { world, cleanup, ports: { ...world.ports, cleanup } };
}

describe('sweepCluster', () => {
  it('keeps the newest task definition of a workbench, and none of a deleted workbench', async () => {
    const { world, cleanup, ports } = aWorld();
    const { workbenchId } = await world.create();
    const gone = idAt(T0, 9);
    cleanup.definitions.set(workbenchId, 4).set(gone, 2);
    world.clock.advance(ALL.graceMs);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ sweep: 'cluster', checked: 2, deleted: 2 });
    expect([cleanup.definitions.get(workbenchId), cleanup.definitions.get(gone)]).toEqual([1, 0]);
  });

  it('skips young workbenches, because the index may not contain them yet', async () => {
    const { world, cleanup, ports } = aWorld();
    const young = idAt(world.clock.now() - 1000, 9);
    cleanup.definitions.set(young, 1);
    await sweepCluster(ports, ALL);
    expect(cleanup.definitions.get(young)).toBe(1);
  });

  it('stops at the first throttle', async () => {
    const { cleanup, ports } = aWorld();
    cleanup.definitions.set(idAt(T0, 1), 1).set(idAt(T0, 2), 1);
    cleanup.callsUntilThrottled = 1;
    expect(await sweepCluster(ports, ALL)).toMatchObject({ deleted: 1, failed: 0 });
    expect([...cleanup.definitions.values()]).toEqual([0, 1]);
  });

  it('continues after a workbench whose task definitions cannot be deregistered', async () => {
    const { cleanup, ports } = aWorld();
    cleanup.definitions.set(idAt(T0, 1), 1);
    const broken = overrideMethods(cleanup, { pruneTaskDefinitions: () => Promise.reject(new Error('no')) });
    expect(await sweepCluster({ ...ports, cleanup: broken }, ALL)).toMatchObject({ deleted: 0, failed: 1 });
  });

  it('deregisters terminated instances', async () => {
    const { cleanup, ports } = aWorld();
    cleanup.terminatedCount = 3;
    expect(await sweepCluster(ports, ALL)).toMatchObject({ deleted: 3 });
  });
});

const many = (count: number) => Array.from({ length: count }, (_, n) => idAt(T0, n));

describe('a sweep of the cluster', () => {
  it('defers the rest once it has deregistered its maximum', async () => {
    const { cleanup, ports } = aWorld();
    for (const id of many(DEREGISTER_MAX + 2)) cleanup.definitions.set(id, 1);
    const limits: number[] = [];
    const counting = overrideMethods(cleanup, {
      pruneTaskDefinitions: (id, keep, limit) => {
        limits.push(limit);
        return cleanup.pruneTaskDefinitions(id, keep, limit);
      },
    });
    const report = await sweepCluster({ ...ports, cleanup: counting }, ALL);
    expect(report).toMatchObject({ checked: DEREGISTER_MAX, deleted: DEREGISTER_MAX, waiting: 1 });
    expect([...cleanup.definitions.values()].filter((count) => count > 0)).toHaveLength(2);
    expect([limits[0], limits.at(-1)]).toEqual([DEREGISTER_MAX, 1]);
  });

  it('reports a deferral only if there is more', async () => {
    const { cleanup, ports, world } = aWorld();
    for (const id of many(DEREGISTER_MAX)) cleanup.definitions.set(id, 1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ deleted: DEREGISTER_MAX, waiting: 0 });
    const more = overrideMethods(cleanup, {
      listWorkbenchesWithDefinitions: async () => ({ workbenchIds: many(DEREGISTER_MAX + 1) }),
      pruneTaskDefinitions: async () => ({ deleted: 1, more: false }),
    });
    await sweepCluster({ ...ports, cleanup: more }, ALL);
    expect((await world.reports.list())[0]).toMatchObject({ waiting: 1 });
    const { findings } = await sweepCluster(
      {
        ...ports,
        cleanup: overrideMethods(more, {
          pruneTaskDefinitions: async () => ({ deleted: DEREGISTER_MAX / 2, more: false }),
        }),
      },
      ALL,
    );
    expect(findings.at(-1)).toEqual({
      ...{ id: many(3)[2], what: 'deferred' },
      why: `One sweep deregisters at most ${DEREGISTER_MAX} task definitions.`,
    });
  });

  it('stops at the first throttle and reports it', async () => {
    const { cleanup, ports } = aWorld();
    for (const id of many(3)) cleanup.definitions.set(id, 1);
    cleanup.callsUntilThrottled = 1;
    const report = await sweepCluster(ports, ALL);
    expect(report.findings.map(({ what }) => what)).toEqual(['deleted', 'throttled']);
    expect(report.checked).toBe(2);
  });

  it('reports a workbench whose task definitions cannot be deregistered', async () => {
    const { cleanup, ports, world } = aWorld();
    for (const id of many(2)) cleanup.definitions.set(id, 1);
    const broken = overrideMethods(cleanup, {
      pruneTaskDefinitions: (id, keep, limit) =>
        id === many(1)[0] ? Promise.reject(new Error('no')) : cleanup.pruneTaskDefinitions(id, keep, limit),
    });
    const report = await sweepCluster({ ...ports, cleanup: broken }, ALL);
    expect(report.findings).toMatchObject([
      { id: many(1)[0], what: 'failed', why: 'Its task definitions could not be deregistered.' },
      { what: 'deleted' },
    ]);
    const message = 'could not deregister task definitions';
    expect(world.telemetry.lines).toContainEqual({ level: 'error', message });
    expect(world.telemetry.fields.get(message)).toEqual({ workbenchId: many(1)[0] });
  });
});

describe('paging and filters', () => {
  /** Two pages; the second is the last. */
  function inPages(cleanup: MemoryClusterCleanup, onAsk: () => void) {
    const cursors: (string | undefined)[] = [];
    const paged = overrideMethods<ClusterCleanup>(cleanup, {
      listWorkbenchesWithDefinitions: async (cursor) => {
        cursors.push(cursor);
        onAsk();
        const [first, ...rest] = many(3);
        return cursor === undefined ? { workbenchIds: [first ?? ''], cursor: '2' } : { workbenchIds: rest };
      },
    });
    return { cursors, paged };
  }

  it('lists no further page once the maximum is reached', async () => {
    const { world, cleanup, ports } = aWorld();
    const { cursors, paged } = inPages(cleanup, () => {});
    // Otherwise the registrations list the workbenches again.
    const definitions = { settings: cleanup.settings, done: true };
    await world.reports.add(aReport({ sweep: 'cluster', definitions }));
    const all = overrideMethods(paged, {
      pruneTaskDefinitions: async (_id, _keep, limit) => ({ deleted: limit, more: true }),
    });
    await sweepCluster({ ...ports, cleanup: all }, ALL);
    expect(cursors).toEqual([undefined]);
  });

  it('reads no further page once its time is used up, and reports that', async () => {
    const { world, cleanup, ports } = aWorld();
    const { cursors, paged } = inPages(cleanup, () => world.clock.advance(12 * 60_000));
    const report = await sweepCluster({ ...ports, cleanup: paged }, ALL);
    expect(cursors).toEqual([undefined]);
    expect(report.findings.at(-1)).toMatchObject({ id: 'cluster', what: 'deferred' });
    expect(report).not.toHaveProperty('resumeCursor');
  });

  it('reports nothing for a workbench with only its newest task definition', async () => {
    const { world, cleanup, ports } = aWorld();
    const { workbenchId } = await world.create();
    cleanup.definitions.set(workbenchId, 1);
    world.clock.advance(ALL.graceMs);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ checked: 1, deleted: 0, findings: [] });
  });

  it('reports old task definitions', async () => {
    const { world, cleanup, ports } = aWorld();
    const { workbenchId } = await world.create();
    cleanup.definitions.set(workbenchId, 2);
    world.clock.advance(ALL.graceMs);
    expect((await sweepCluster(ports, ALL)).findings).toEqual([
      {
        id: workbenchId,
        what: 'deleted',
        kind: 'task_definition',
        why: 'Newer task definitions of its workbench exist.',
      },
    ]);
  });

  it('spares a workbench until exactly the end of its grace period', async () => {
    const { world, cleanup, ports } = aWorld();
    const id = idAt(world.clock.now(), 9);
    cleanup.definitions.set(id, 1);
    world.clock.advance(ALL.graceMs - 1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ checked: 0 });
    world.clock.advance(1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ deleted: 1 });
  });

  it('treats an id without a creation time as old', async () => {
    const { cleanup, ports } = aWorld();
    cleanup.definitions.set('of-another-installation', 1);
    expect(await sweepCluster(ports, ALL)).toMatchObject({ deleted: 1 });
  });

  it('checks only its own shard', async () => {
    const { cleanup, ports } = aWorld();
    const ids = Array.from({ length: 30 }, (_, n) => idAt(T0, n));
    for (const id of ids) cleanup.definitions.set(id, 1);
    const report = await sweepCluster(ports, { ...ALL, shard: 1, shards: 3 });
    expect(report.deleted).toBe(ids.filter((id) => shardOf(id, 3) === 1).length);
  });
});
