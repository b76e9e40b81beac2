import { describe, expect, it } from 'vitest';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { DELETION_MAX } from '#core/reconcile/orphans.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { deleteWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const GRACE = { graceMs: 15 * MINUTE };
const VOLUMES = { graceMs: DAY, policy: DEFAULT_POLICY, shard: 0, shards: 1 };

function aWorld() {
  const world = new MemoryWorld({ events: false });
  return { world, reports: world.reports, ports: world.ports };
}

function anInput(workbenchId: string): TaskInput {
  return {
    userId: 'ada',
    workbenchId,
    runId: 'run-x',
    attempt: 1,
    name: 'x',
    cpuUnits: 1,
    memoryMib: 1,
    gpuCount: 0,
    placement: { kind: 'provider', provider: 'small' },
    mount: {},
  };
}

describe('sweepTasks', () => {
  it('changes nothing if every task matches its record', async () => {
    const { world, ports } = aWorld();
    for (let i = 0; i < 3; i += 1) await world.waitForStatus(await world.create(), 'running');
    const report = await sweepTasks(ports, world.policy, GRACE);
    expect(report).toMatchObject({ checked: 3, repaired: 0, deleted: 0, waiting: 0, findings: [] });
  });

  it('stops a task without a workbench, but not within its grace period', async () => {
    const { world, ports, reports } = aWorld();
    await world.tasks.run(anInput('gone'), 'token');
    const young = await sweepTasks(ports, world.policy, GRACE);
    expect(young).toMatchObject({ deleted: 0, waiting: 1, findings: [{ what: 'in_grace_period' }] });
    await world.clock.advanceAsync(GRACE.graceMs);
    const old = await sweepTasks(ports, world.policy, GRACE);
    expect(old).toMatchObject({
      deleted: 1,
      findings: [{ what: 'deleted', why: 'Its workbench gone does not exist.' }],
    });
    await world.clock.advanceAsync(MINUTE);
    expect((await world.tasks.list()).tasks).toEqual([]);
    expect(await reports.list()).toEqual([old, young]);
  });

  it('spares a task that was young at the start of the sweep, even if the function was frozen since', async () => {
    const { world, ports } = aWorld();
    await world.tasks.run(anInput('gone'), 'token');
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: async () => {
        await world.clock.advanceAsync(GRACE.graceMs);
        return undefined;
      },
    });
    const report = await sweepTasks({ ...ports, workbenches }, world.policy, GRACE);
    expect(report).toMatchObject({ deleted: 0, waiting: 1, findings: [{ what: 'in_grace_period' }] });
  });

  it('adds an unexpected task to its record, whose effects stop it', async () => {
    const { world, ports } = aWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await world.tasks.run({ ...anInput(key.workbenchId) }, 'another token');
    await world.clock.advanceAsync(3000);
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(2);
    const report = await sweepTasks(ports, world.policy, GRACE);
    expect(report).toMatchObject({ repaired: 1, deleted: 0 });
    await world.waitUntil(key, (workbench) => workbench?.unexpectedTasks.length === 0);
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(1);
    expect((await world.read(key)).status).toBe('running');
  });

  it('deletes nothing and raises an alarm above the deletion limit', async () => {
    const { world, ports } = aWorld();
    for (let i = 0; i <= DELETION_MAX; i += 1) await world.tasks.run(anInput(`gone-${i}`), `token-${i}`);
    await world.clock.advanceAsync(GRACE.graceMs);
    const report = await sweepTasks(ports, world.policy, GRACE);
    expect(report).toMatchObject({ alarm: true, deleted: 0, waiting: DELETION_MAX + 1 });
    expect((await world.tasks.list()).tasks).toHaveLength(DELETION_MAX + 1);
    expect(world.telemetry.counts.get('deletion_limit_exceeded')).toBe(1);
  });

  it('spares a task with an unreadable record', async () => {
    const { world, ports } = aWorld();
    await world.tasks.run(anInput('poisoned'), 'token');
    await world.clock.advanceAsync(DAY);
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: () => Promise.reject(new Error('poisoned')),
    });
    const report = await sweepTasks({ ...ports, workbenches }, world.policy, GRACE);
    expect(report).toMatchObject({ deleted: 0, waiting: 1, findings: [{ what: 'record_unreadable' }] });
  });

  it('reports a failure and changes nothing', async () => {
    const { world, ports, reports } = aWorld();
    const tasks = overrideMethods(world.tasks, { list: () => Promise.reject(new Error('no response')) });
    expect(await sweepTasks({ ...ports, tasks }, world.policy, GRACE)).toMatchObject({
      failed: 1,
      deleted: 0,
    });
    expect(await reports.list()).toHaveLength(1);
  });
});

describe('sweepHosts', () => {
  const dedicated = { dedicatedInstanceType: 'm7i.large' };

  it('terminates orphaned hosts, also stopped ones, but not within their grace period', async () => {
    const { world, ports } = aWorld();
    const request = { userId: 'ada', workbenchId: 'gone', instanceType: 'm7i.large', generation: 1 };
    const launched = await world.hosts.launch(request, 'token');
    if (launched.kind !== 'accepted') throw new Error('not launched');
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({ deleted: 0, waiting: 1 });
    await world.clock.advanceAsync(GRACE.graceMs);
    await world.hosts.stop(launched.host.instanceId);
    await world.clock.advanceAsync(MINUTE);
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({ deleted: 1, checked: 1 });
    await world.clock.advanceAsync(MINUTE);
    expect((await world.hosts.list()).hosts).toEqual([]);
  });

  it('spares hosts that a record uses or that an unresolved launch may have created', async () => {
    const { world, ports } = aWorld();
    await world.waitForStatus(await world.create(dedicated), 'running');
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({
      checked: 1,
      deleted: 0,
      repaired: 0,
    });
  });

  it('repairs a record that has another state of its host', async () => {
    const { world, ports } = aWorld();
    const key = await world.waitForStatus(await world.create(dedicated), 'running');
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    const stopped = await world.waitForStatus(key, 'stopped');
    await world.hosts.start(stopped.host?.instanceId ?? '');
    await world.clock.advanceAsync(5000);
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({ repaired: 1 });
    await world.waitUntil(key, (workbench) => workbench?.nextDriveAt === undefined);
    expect((await world.hosts.describe([stopped.host?.instanceId ?? '']))[0]?.state).toBe('stopped');
  });
});

describe('sweepVolumes', () => {
  it('spares the volume of a workbench', async () => {
    const { world, ports } = aWorld();
    await world.waitForStatus(await world.create(), 'running');
    world.clock.advance(2 * DAY);
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ checked: 1, deleted: 0, quarantined: 0 });
  });

  it('deletes an empty orphaned volume, but not within its grace period', async () => {
    const { world, ports } = aWorld();
    await world.volumes.ensure('gone');
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ deleted: 0, waiting: 1 });
    world.clock.advance(DAY);
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ deleted: 1 });
    expect(world.volumes.files('gone')).toBeUndefined();
  });

  it('quarantines an orphaned volume with files and changes none of them', async () => {
    const { world, ports } = aWorld();
    await world.volumes.ensure('gone');
    world.volumes.files('gone')?.add('thesis.tex');
    world.clock.advance(DAY);
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ deleted: 0, quarantined: 1 });
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ checked: 0 });
  });

  it('deletes an orphaned volume with files if its owner had requested the deletion', async () => {
    const { world, ports } = aWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntilGone(key);
    const left = { volumes: [{ workbenchId: key.workbenchId, createdAt: 0 }] };
    const deletedSlices: string[] = [];
    const volumes = overrideMethods(world.volumes, {
      list: async () => left,
      deleteIfEmpty: async () => 'not_empty' as const,
      deleteSlice: async (workbenchId) => {
        deletedSlices.push(workbenchId);
        return { done: deletedSlices.length === 3, deleted: 1 };
      },
    });
    expect(await sweepVolumes({ ...ports, volumes }, VOLUMES)).toMatchObject({ deleted: 1, quarantined: 0 });
    expect(deletedSlices).toEqual(Array.from({ length: 3 }, () => key.workbenchId));
  });

  it('spares the volume of an unreadable record', async () => {
    const { world, ports } = aWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    world.volumes.files(key.workbenchId)?.add('thesis.tex');
    world.clock.advance(2 * DAY);
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: () => Promise.reject(new Error('poisoned')),
    });
    expect(await sweepVolumes({ ...ports, workbenches }, VOLUMES)).toMatchObject({
      ...{ checked: 1, deleted: 0, quarantined: 0, failed: 0 },
    });
  });
});
