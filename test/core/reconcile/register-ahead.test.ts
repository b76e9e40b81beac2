import { describe, expect, it } from 'vitest';
import type { ClusterCleanup } from '#core/ports/cluster-cleanup.ts';
import { PortError } from '#core/ports/port-error.ts';
import { REGISTER_MAX } from '#core/reconcile/register-ahead.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  idAt,
  issuedRun,
  MINUTE,
  preparingRun,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { MemoryClusterCleanup } from '#test/memory/memory-cluster-cleanup.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const SETTINGS = { graceMs: 0, shard: 0, shards: 1 };
const MOUNT = { fileSystemId: 'fs-1', accessPointId: 'fsap-1' };
const PAGE = 100;

const ids = (count: number) => Array.from({ length: count }, (_, n) => idAt(T0, n + 1));

/** A cluster with task definitions of these workbenches, in pages of 100. */
async function aClusterOf(workbenches: readonly Workbench[]) {
  const world = new MemoryWorld();
  const memory = new MemoryClusterCleanup();
  for (const workbench of workbenches) {
    await world.stores.workbenches.create(workbench);
    memory.definitions.set(workbench.workbenchId, 1);
  }
  const listed: (string | undefined)[] = [];
  const cleanup = overrideMethods<ClusterCleanup>(memory, {
    listWorkbenchesWithDefinitions: async (cursor?: string) => {
      listed.push(cursor);
      const from = Number(cursor ?? 0);
      const all = [...memory.definitions.keys()];
      const next = from + PAGE < all.length ? { cursor: String(from + PAGE) } : {};
      return { workbenchIds: all.slice(from, from + PAGE), ...next };
    },
  });
  const ports = { ...world.ports, cleanup };
  /** Ten minutes later. Without the lists of the cleanup, which come first. */
  const sweep = async () => {
    listed.length = 0;
    await world.clock.advanceAsync(10 * MINUTE);
    const report = await sweepCluster(ports, SETTINGS);
    const pages = Math.ceil(workbenches.length / PAGE);
    return { report, walked: listed.slice(pages) };
  };
  return { world, memory, cleanup, ports, listed, sweep };
}

const stoppedWith = (fields: Partial<Workbench>) =>
  stopped({ mount: MOUNT, ...(fields as Partial<ReturnType<typeof stopped>>) });
const manyStopped = (count: number) => ids(count).map((workbenchId) => stoppedWith({ workbenchId }));

describe('the sweep of the cluster registers task definitions ahead', () => {
  it('of a stopped workbench, as its next start would', async () => {
    const { memory, sweep, world } = await aClusterOf(manyStopped(1));
    const { report } = await sweep();
    expect(memory.registered).toEqual([{ workbenchId: idAt(T0, 1), mount: MOUNT, memoryMib: 2048 }]);
    expect(report.definitions).toEqual({ settings: 'settings 1', done: true });
    expect(report).toMatchObject({ findings: [], failed: 0, waiting: 0 });
    expect(world.telemetry.counts.get('definitions_registered_ahead')).toBe(1);
  });

  it('of workbenches that run or stop, with the memory of their hosts', async () => {
    const [one = '', two = '', three = ''] = ids(3);
    const dedicated = { cpuUnits: 1, memoryMib: 2, gpuCount: 0, dedicatedInstanceType: 'm7i.large' };
    const { memory, sweep } = await aClusterOf([
      running({ workbenchId: one, mount: MOUNT, run: acceptedRun() }),
      stopping({ workbenchId: two, mount: MOUNT, run: acceptedRun() }),
      stoppedWith({
        workbenchId: three,
        spec: dedicated,
        host: aHost({ state: 'stopped', memoryMib: 7680 }),
      }),
    ]);
    await sweep();
    expect(memory.registered.map(({ workbenchId, memoryMib }) => [workbenchId, memoryMib])).toEqual([
      [one, 2048],
      [two, 2048],
      [three, 7680],
    ]);
  });

  const dedicated = { cpuUnits: 1, memoryMib: 2, gpuCount: 0, dedicatedInstanceType: 'm7i.large' };
  it.each<[string, Workbench]>([
    ['that is being deleted', deleting({ mount: MOUNT })],
    ['that prepares its start', starting({ mount: MOUNT, run: preparingRun() })],
    ['whose start was requested', starting({ mount: MOUNT, run: issuedRun() })],
    ['whose issued run is being stopped', stopping({ mount: MOUNT, run: issuedRun() })],
    ['without a volume', stopped({})],
    ['whose host has not been launched', stoppedWith({ spec: dedicated })],
    [
      'whose host has not joined the cluster',
      stoppedWith({ spec: dedicated, host: aHost({ state: 'stopped' }) }),
    ],
  ])('but not of a workbench %s', async (_, workbench) => {
    const { memory, sweep, world } = await aClusterOf([workbench]);
    const { report } = await sweep();
    expect(memory.registered).toEqual([]);
    expect(report.definitions).toEqual({ settings: 'settings 1', done: true });
    expect(world.telemetry.counts.has('definitions_registered_ahead')).toBe(false);
  });

  it('but not of a deleted workbench', async () => {
    const { memory, sweep } = await aClusterOf([]);
    memory.definitions.set(idAt(T0, 7), 1);
    const { report } = await sweep();
    expect(memory.registered).toEqual([]);
    expect(report).toMatchObject({ deleted: 1, definitions: { done: true } });
  });

  it('once for the same settings, and again after a change of the settings', async () => {
    const { memory, sweep } = await aClusterOf(manyStopped(2));
    await sweep();
    expect((await sweep()).walked).toEqual([]);
    expect(memory.registered).toHaveLength(2);
    memory.settings = 'settings 2';
    const { report, walked } = await sweep();
    expect(walked).toEqual([undefined]);
    expect(memory.registered).toHaveLength(4);
    expect(report.definitions).toEqual({ settings: 'settings 2', done: true });
  });

  it('at most 200 in one sweep, and the rest in the next ones', async () => {
    const { memory, sweep, world } = await aClusterOf(manyStopped(2 * REGISTER_MAX + 50));
    const first = await sweep();
    expect(memory.registered).toHaveLength(REGISTER_MAX);
    expect(first.report.definitions).toEqual({ settings: 'settings 1', done: false, cursor: '200' });
    expect(first.report.findings).toEqual([
      {
        id: idAt(T0, REGISTER_MAX + 1),
        what: 'deferred',
        why: 'The next sweep registers the remaining task definitions.',
      },
    ]);
    // Complete: it did all that one sweep may do. Otherwise an alarm would report a long registration.
    expect(world.telemetry.countsBy.get('sweep_completed.cluster')).toBe(1);
    const second = await sweep();
    expect(second.walked).toEqual(['200', '300', '400']);
    expect(memory.registered).toHaveLength(2 * REGISTER_MAX);
    const third = await sweep();
    expect(third.walked).toEqual(['400']);
    expect(third.report.definitions).toEqual({ settings: 'settings 1', done: true });
    expect(new Set(memory.registered.map(({ workbenchId }) => workbenchId)).size).toBe(450);
    expect(memory.registered).toHaveLength(450);
    expect(world.telemetry.counts.get('definitions_registered_ahead')).toBe(450);
  });

  it('for nine minutes, because the next sweep begins after ten', async () => {
    const { memory, cleanup, world, ports } = await aClusterOf(manyStopped(150));
    const slow = overrideMethods(cleanup, {
      registerAhead: async (workbench) => {
        await world.clock.advanceAsync(4 * MINUTE);
        return memory.registerAhead(workbench);
      },
    });
    const report = await sweepCluster({ ...ports, cleanup: slow }, SETTINGS);
    expect(memory.registered).toHaveLength(3);
    expect(report.definitions).toEqual({ settings: 'settings 1', done: false });
    expect(report.findings).toMatchObject([{ id: idAt(T0, 4), what: 'deferred' }]);
  });

  it('until the first throttle, and continues with the same page', async () => {
    const { memory, sweep, world } = await aClusterOf(manyStopped(150));
    memory.callsUntilThrottled = 120;
    const first = await sweep();
    expect(memory.registered).toHaveLength(120);
    expect(first.report).toMatchObject({
      ...{ failed: 0, findings: [{ id: 'cluster', what: 'throttled' }] },
      definitions: { settings: 'settings 1', done: false, cursor: '100' },
    });
    expect(world.telemetry.counts.get('definitions_registered_ahead')).toBe(120);
    expect(world.telemetry.counts.has('sweep_completed')).toBe(false);
    memory.callsUntilThrottled = Number.POSITIVE_INFINITY;
    expect((await sweep()).walked).toEqual(['100']);
    expect(memory.registered).toHaveLength(150);
  });

  it('and keeps its place while an earlier step of the sweep is throttled', async () => {
    const { memory, sweep } = await aClusterOf(manyStopped(2 * REGISTER_MAX));
    await sweep();
    memory.definitions.set(idAt(T0, 1), 2);
    memory.callsUntilThrottled = 0;
    const { report } = await sweep();
    expect(report).toMatchObject({
      findings: [{ what: 'throttled' }],
      definitions: { done: false, cursor: '200' },
    });
    expect(memory.registered).toHaveLength(REGISTER_MAX);
  });

  /** A sweep that continues at the second page, and whose calls of the list fail with these cursors. */
  async function aSweepWithFailing(error: Error, isFailing: (cursor?: string) => boolean) {
    const subject = await aClusterOf(manyStopped(150));
    const { world, ports, cleanup } = subject;
    const failing = overrideMethods(cleanup, {
      listWorkbenchesWithDefinitions: async (cursor?: string) => {
        const page = await cleanup.listWorkbenchesWithDefinitions(cursor);
        if (isFailing(cursor)) throw error;
        return page;
      },
    });
    const definitions = { settings: 'settings 1', done: false, cursor: '100' };
    await world.reports.add(aReport({ sweep: 'cluster', endedAt: world.clock.now(), definitions }));
    await world.clock.advanceAsync(10 * MINUTE);
    // The two pages of the deregistrations, which have a cursor of this sweep.
    let lists = 0;
    const afterPruning = overrideMethods(failing, {
      listWorkbenchesWithDefinitions: (cursor?: string) => {
        lists += 1;
        return (lists <= 2 ? cleanup : failing).listWorkbenchesWithDefinitions(cursor);
      },
    });
    return { ...subject, report: await sweepCluster({ ...ports, cleanup: afterPruning }, SETTINGS) };
  }

  it('from the beginning, in the same sweep, if the place where it continues cannot be read', async () => {
    let isExpired = true;
    const { memory, report, world, sweep } = await aSweepWithFailing(new Error('expired'), (cursor) => {
      if (cursor !== '100' || !isExpired) return false;
      isExpired = false;
      return true;
    });
    expect(memory.registered).toHaveLength(150);
    expect(report).toMatchObject({ failed: 0, definitions: { settings: 'settings 1', done: true } });
    expect(world.telemetry.counts.has('sweep_aborted')).toBe(false);
    expect(world.telemetry.fields.get('registrations begin again: the stored cursor failed')).toEqual({
      cause: 'Error: expired',
    });
    expect((await sweep()).walked).toEqual([]);
  });

  it('at the same place if the list is unavailable', async () => {
    const { report, world, sweep } = await aSweepWithFailing(
      new PortError('unavailable', 'down'),
      () => true,
    );
    expect(report).toMatchObject({ failed: 1, definitions: { done: false, cursor: '100' } });
    expect(world.telemetry.countsBy.get('sweep_aborted.cluster')).toBe(1);
    expect((await sweep()).walked).toEqual(['100']);
  });

  it('at the same place if the list is throttled there', async () => {
    const throttled = new PortError('throttled', 'Rate exceeded');
    const { report, listed } = await aSweepWithFailing(throttled, (cursor) => cursor === '100');
    expect(report).toMatchObject({ failed: 0, definitions: { done: false, cursor: '100' } });
    // After the two pages of the deregistrations.
    expect(listed.slice(2)).toEqual(['100']);
  });

  it('with the page on which the table failed', async () => {
    const { memory, ports, sweep } = await aClusterOf(manyStopped(150));
    let reads = 0;
    const workbenches = overrideMethods(ports.workbenches, {
      read: async (key) => {
        if (key.workbenchId === idAt(T0, 120)) reads += 1;
        // The first read belongs to the deregistrations.
        if (reads === 2) throw new PortError('unavailable', 'down');
        return ports.workbenches.read(key);
      },
    });
    const report = await sweepCluster({ ...ports, workbenches }, SETTINGS);
    expect(report).toMatchObject({ failed: 1, definitions: { done: false, cursor: '100' } });
    expect((await sweep()).walked).toEqual(['100']);
    expect(memory.registered).toHaveLength(150);
  });

  it('of the others if one cannot be registered, and reports that one', async () => {
    const { memory, cleanup, ports, world } = await aClusterOf(manyStopped(2));
    const broken = overrideMethods(cleanup, {
      registerAhead: (workbench) =>
        workbench.workbenchId === idAt(T0, 1)
          ? Promise.reject(new PortError('unavailable', 'no response'))
          : memory.registerAhead(workbench),
    });
    const report = await sweepCluster({ ...ports, cleanup: broken }, SETTINGS);
    expect(memory.registered).toHaveLength(1);
    expect(report.findings).toEqual([
      { id: idAt(T0, 1), what: 'failed', why: 'Its task definition could not be registered.' },
    ]);
    const message = 'could not register a task definition';
    expect(world.telemetry.fields.get(message)).toEqual({ workbenchId: idAt(T0, 1) });
    expect(report.definitions).toEqual({ settings: 'settings 1', done: true });
  });

  it('of the others if a record is unreadable, and reports that record', async () => {
    const { memory, ports } = await aClusterOf(manyStopped(2));
    const workbenches = overrideMethods(ports.workbenches, {
      read: (key) =>
        key.workbenchId === idAt(T0, 1)
          ? Promise.reject(new Error('unreadable'))
          : ports.workbenches.read(key),
    });
    const report = await sweepCluster({ ...ports, workbenches }, SETTINGS);
    expect(memory.registered).toHaveLength(1);
    expect(report.findings).toMatchObject([{ id: idAt(T0, 1), what: 'record_unreadable' }]);
  });
});
