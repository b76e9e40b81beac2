import { describe, expect, it } from 'vitest';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { DELETION_MAX } from '#core/reconcile/orphans.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { deleteWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const GRACE = { graceMs: 15 * MINUTE };
const VOLUMES = { graceMs: DAY, shard: 0, shards: 1 };

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

describe('the sweep over tasks', () => {
  it('leaves alone what is as recorded', async () => {
    const { world, ports } = aWorld();
    for (let i = 0; i < 3; i += 1) await world.waitForStatus(await world.create(), 'running');
    const report = await sweepTasks(ports, world.policy, GRACE);
    expect(report).toMatchObject({ checked: 3, repaired: 0, deleted: 0, waiting: 0, findings: [] });
  });

  it('stops a task without a workbench, but not while it is young', async () => {
    const { world, ports, reports } = aWorld();
    await world.tasks.run(anInput('gone'), 'token');
    const young = await sweepTasks(ports, world.policy, GRACE);
    expect(young).toMatchObject({ deleted: 0, waiting: 1, findings: [{ what: 'in_grace_period' }] });
    await world.clock.advanceAsync(GRACE.graceMs);
    const old = await sweepTasks(ports, world.policy, GRACE);
    expect(old).toMatchObject({
      deleted: 1,
      findings: [{ what: 'deleted', why: 'Its workbench gone is no more.' }],
    });
    await world.clock.advanceAsync(MINUTE);
    expect((await world.tasks.list()).tasks).toEqual([]);
    expect(await reports.list()).toEqual([old, young]);
  });

  it('that was frozen in the middle spares what was young when its record was looked for', async () => {
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

  it('tells a record of a task of another run, which the life cycle then stops', async () => {
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

  it('removes nothing and raises the alarm when it wants to remove suspiciously much', async () => {
    const { world, ports } = aWorld();
    for (let i = 0; i <= DELETION_MAX; i += 1) await world.tasks.run(anInput(`gone-${i}`), `token-${i}`);
    await world.clock.advanceAsync(GRACE.graceMs);
    const report = await sweepTasks(ports, world.policy, GRACE);
    expect(report).toMatchObject({ alarm: true, deleted: 0, waiting: DELETION_MAX + 1 });
    expect((await world.tasks.list()).tasks).toHaveLength(DELETION_MAX + 1);
    expect(world.telemetry.counts.get('deletion_limit_exceeded')).toBe(1);
  });

  it('spares a task whose record cannot be read', async () => {
    const { world, ports } = aWorld();
    await world.tasks.run(anInput('poisoned'), 'token');
    await world.clock.advanceAsync(DAY);
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: () => Promise.reject(new Error('poisoned')),
    });
    const report = await sweepTasks({ ...ports, workbenches }, world.policy, GRACE);
    expect(report).toMatchObject({ deleted: 0, waiting: 1, findings: [{ what: 'record_unreadable' }] });
  });

  it('that ends early says so and harms nothing', async () => {
    const { world, ports, reports } = aWorld();
    const tasks = overrideMethods(world.tasks, { list: () => Promise.reject(new Error('no answer')) });
    expect(await sweepTasks({ ...ports, tasks }, world.policy, GRACE)).toMatchObject({
      failed: 1,
      deleted: 0,
    });
    expect(await reports.list()).toHaveLength(1);
  });
});

describe('the sweep over machines', () => {
  const dedicated = { dedicatedInstanceType: 'm7i.large' };

  it('terminates one whose workbench is no more, stopped ones too, but not the young', async () => {
    const { world, ports } = aWorld();
    const request = { userId: 'ada', workbenchId: 'gone', instanceType: 'm7i.large' };
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

  it('leaves alone what a record uses, and what a launch without an answer may have made', async () => {
    const { world, ports } = aWorld();
    await world.waitForStatus(await world.create(dedicated), 'running');
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({
      checked: 1,
      deleted: 0,
      repaired: 0,
    });
  });

  it('repairs a record that thinks otherwise of its machine', async () => {
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

describe('the sweep over volumes', () => {
  it('leaves alone what a workbench has', async () => {
    const { world, ports } = aWorld();
    await world.waitForStatus(await world.create(), 'running');
    world.clock.advance(2 * DAY);
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ checked: 1, deleted: 0, quarantined: 0 });
  });

  it('removes an empty one that nobody wants, but not while it is young', async () => {
    const { world, ports } = aWorld();
    await world.volumes.ensure('gone');
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ deleted: 0, waiting: 1 });
    world.clock.advance(DAY);
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ deleted: 1 });
    expect(world.volumes.files('gone')).toBeUndefined();
  });

  it('sets one with files aside and touches none of them', async () => {
    const { world, ports } = aWorld();
    await world.volumes.ensure('gone');
    world.volumes.files('gone')?.add('thesis.tex');
    world.clock.advance(DAY);
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ deleted: 0, quarantined: 1 });
    expect(await sweepVolumes(ports, VOLUMES)).toMatchObject({ checked: 0 });
  });

  it('removes one with files whose owner had asked for its destruction', async () => {
    const { world, ports } = aWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntilGone(key);
    const left = { volumes: [{ workbenchId: key.workbenchId, createdAt: 0 }] };
    const wiped: string[] = [];
    const volumes = overrideMethods(world.volumes, {
      list: async () => left,
      deleteIfEmpty: async () => 'not_empty' as const,
      deleteSlice: async (workbenchId) => {
        wiped.push(workbenchId);
        return { done: wiped.length === 3, deleted: 1 };
      },
    });
    expect(await sweepVolumes({ ...ports, volumes }, VOLUMES)).toMatchObject({ deleted: 1, quarantined: 0 });
    expect(wiped).toEqual(Array.from({ length: 3 }, () => key.workbenchId));
  });

  it('keeps the files of a record that cannot be read', async () => {
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
