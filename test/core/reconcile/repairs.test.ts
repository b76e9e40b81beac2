import { describe, expect, it } from 'vitest';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import type { TaskInput, TaskObservation } from '#core/ports/task-runner.ts';
import type { RepairKind } from '#core/reconcile/report.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { stopWorkbench } from '#core/workbench/commands.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { listHistory } from '#core/workbench/queries.ts';
import { runOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { MemoryClusterCleanup } from '#test/memory/memory-cluster-cleanup.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const GRACE = { graceMs: 15 * MINUTE };
const VOLUMES = { graceMs: DAY, policy: DEFAULT_POLICY, shard: 0, shards: 1 };
const DEDICATED = { dedicatedInstanceType: 'm7i.large' };

/** No event is delivered: only sweeps notice changes. */
function aWorld() {
  return new MemoryWorld({ events: false });
}

async function aRunningOne(world: MemoryWorld, request = {}): Promise<Workbench> {
  return world.waitForStatus(await world.create(request), 'running');
}

function taskIdOf(workbench: Workbench): string {
  const run = runOf(workbench);
  return run?.phase === 'accepted' ? run.taskId : '';
}

function anUnexpectedTask({ userId, workbenchId }: WorkbenchKey, runId = 'run-x'): TaskInput {
  return {
    ...{ userId, workbenchId, runId, attempt: 1, name: 'x', cpuUnits: 1, memoryMib: 1, gpuCount: 0 },
    placement: { kind: 'provider', provider: 'small' },
    mount: {},
  };
}

async function history(world: MemoryWorld, key: WorkbenchKey): Promise<readonly string[]> {
  const entries = await listHistory(world.ports, key);
  return entries.map(({ type: event, from, to, code }) => [event, from, to, code].filter(Boolean).join(' '));
}

/** The counted repairs by kind. */
function repairCounts(world: MemoryWorld): Partial<Record<RepairKind, number>> {
  const all = [...world.telemetry.countsBy].filter(([name]) => name.startsWith('repair.'));
  return Object.fromEntries(all.map(([name, count]) => [name.slice('repair.'.length), count]));
}

const repairLogLines = (world: MemoryWorld) =>
  world.telemetry.lines.filter(({ message }) => message === 'difference repaired');

describe('a repair of a record', () => {
  it('adds the lost stop of a task to the history with its reason, and counts it', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    world.tasks.exitTask(taskIdOf(key), { code: 'out_of_memory', message: 'Too much.' });
    const report = await sweepActive(world.ports, world.policy);
    expect(report).toMatchObject({
      repaired: 1,
      waiting: 0,
      findings: [
        {
          id: key.workbenchId,
          what: 'repaired',
          kind: 'run_ended',
          why: 'The record said running, but the run has ended; it is now stopping.',
        },
      ],
    });
    expect((await history(world, key))[0]).toBe('status_changed running stopping out_of_memory');
    expect(repairCounts(world)).toEqual({ run_ended: 1 });
    expect(repairLogLines(world)).toHaveLength(1);
  });

  it('adds a missing task to the history at once, and again when its run ends', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    const describe = async (ids: readonly string[]) =>
      ids.map((taskId) => ({ taskId, missing: true }) as const);
    world.tasks.describe = describe;
    const report = await sweepActive(world.ports, world.policy);
    expect(report).toMatchObject({ repaired: 1, waiting: 1 });
    expect(report.findings).toMatchObject([
      { what: 'repaired', kind: 'task_missing', why: 'The record says running, but its task was not found.' },
      { what: 'inconclusive', why: 'Its task was not found; its run ends after the timeout.' },
    ]);
    expect((await history(world, key))[0]).toBe('repaired');
    expect(repairCounts(world)).toEqual({ task_missing: 1 });
    await world.waitForStatus(key, 'stopped', world.policy.taskMissingTimeoutMs + 2 * MINUTE);
    expect(await history(world, key)).toContain('status_changed running stopped task_lost');
  });

  it('is made and counted once; the next sweep only finds the task inconclusive', async () => {
    const world = aWorld();
    await aRunningOne(world);
    world.tasks.describe = async (ids) => ids.map((taskId) => ({ taskId, missing: true }));
    await sweepActive(world.ports, world.policy);
    world.clock.advance(MINUTE);
    const again = await sweepActive(world.ports, world.policy);
    expect(again).toMatchObject({ repaired: 0, waiting: 1, findings: [{ what: 'inconclusive' }] });
    expect(repairCounts(world)).toEqual({ task_missing: 1 });
  });

  it('is not made for a silent agent, which is reported as inconclusive', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    const [task] = await world.tasks.describe([taskIdOf(key)]);
    if (task === undefined || 'missing' in task) throw new Error('no task');
    world.tasks.describe = async () => [{ ...task, version: task.version + 1, instance: 'disconnected' }];
    expect(await sweepActive(world.ports, world.policy)).toMatchObject({
      repaired: 0,
      waiting: 1,
      findings: [
        {
          what: 'inconclusive',
          why: 'The agent of its instance is disconnected; its run ends after the timeout.',
        },
      ],
    });
    expect((await history(world, key))[0]).toMatch(/^status_changed .* running$/);
  });

  it('is not made for a workbench in transition', async () => {
    const world = aWorld();
    const key = await world.waitForStatus(await world.create(), 'provisioning');
    await world.clock.advanceAsync(5000);
    expect(await sweepActive(world.ports, world.policy)).toMatchObject({ checked: 1, repaired: 0 });
    expect((await world.read(key)).status).toBe('running');
    expect(repairCounts(world)).toEqual({});
  });

  it('adds a host that runs although its workbench is stopped to the history, and counts it', async () => {
    const world = aWorld();
    const key = await aRunningOne(world, DEDICATED);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    const { host } = await world.waitForStatus(key, 'stopped');
    await world.hosts.start(host?.instanceId ?? '');
    const report = await sweepHosts(world.ports, world.policy, GRACE);
    expect(report).toMatchObject({
      repaired: 1,
      findings: [{ kind: 'host_changed', why: 'It is pending; its record said otherwise.' }],
    });
    expect((await history(world, key))[0]).toBe('repaired');
    expect(repairCounts(world)).toEqual({ host_changed: 1 });
  });

  it('by sweepActive says that the host had another state than its record', async () => {
    const world = aWorld();
    const key = await aRunningOne(world, DEDICATED);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    const { host } = await world.waitForStatus(key, 'stopped');
    await world.hosts.start(host?.instanceId ?? '');
    expect(await sweepActive(world.ports, world.policy)).toMatchObject({
      repaired: 1,
      findings: [{ kind: 'host_changed', why: 'Its host had another state than its record.' }],
    });
  });

  it("of a lost host adds the reason of the run's end to the history", async () => {
    const world = aWorld();
    const key = await aRunningOne(world, DEDICATED);
    await world.hosts.terminate(key.host?.instanceId ?? '');
    await world.clock.advanceAsync(5000);
    expect(await sweepActive(world.ports, world.policy)).toMatchObject({
      repaired: 1,
      findings: [
        { kind: 'run_ended', why: 'The record said running, but the run has ended; it is now stopped.' },
      ],
    });
    expect((await history(world, key))[0]).toBe('status_changed running stopped instance_lost');
  });

  it('enqueues the workbench for its pending effects', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    await world.tasks.run(anUnexpectedTask(key), 'another token');
    while (world.queue.takeDue()) {}
    await sweepTasks(world.ports, world.policy, GRACE);
    expect(world.queue.takeDue()).toMatchObject({ workbenchId: key.workbenchId });
  });
});

describe('an unexpected task', () => {
  it('is added to the history when it is found and when it has stopped, and is counted', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    const outcome = await world.tasks.run(anUnexpectedTask(key), 'another token');
    const taskId = outcome.kind === 'accepted' ? outcome.task.taskId : '';
    const report = await sweepTasks(world.ports, world.policy, GRACE);
    expect(report).toMatchObject({
      repaired: 1,
      findings: [
        {
          id: taskId,
          what: 'repaired',
          kind: 'unexpected_task',
          why: `It does not belong to the current run of its workbench ${key.workbenchId}.`,
        },
      ],
    });
    await world.waitUntil(key, (workbench) => workbench?.unexpectedTasks.length === 0);
    expect((await history(world, key)).slice(0, 2)).toEqual([
      'unexpected_task_stopped',
      'unexpected_task_found',
    ]);
    expect(repairCounts(world)).toEqual({ unexpected_task: 1 });
  });

  it('that is already listed is not reported again', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    await world.tasks.run(anUnexpectedTask(key), 'another token');
    await sweepTasks(world.ports, world.policy, GRACE);
    const { revision } = await world.read(key);
    world.clock.advance(1000);
    expect(await sweepTasks(world.ports, world.policy, GRACE)).toMatchObject({
      checked: 2,
      repaired: 0,
      waiting: 0,
    });
    expect((await world.read(key)).revision).toBe(revision);
  });

  it('that has stopped is not reported, even if it is still listed', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    const gone = { ...(await world.liveTasks(key.workbenchId))[0], taskId: 'task-x', runId: 'run-x' };
    const tasks = overrideMethods(world.tasks, {
      list: async () => ({ tasks: [{ ...gone, instance: 'gone' } as TaskObservation] }),
    });
    const report = await sweepTasks({ ...world.ports, tasks }, world.policy, GRACE);
    expect(report).toMatchObject({ checked: 1, repaired: 0, waiting: 0, findings: [] });
  });

  it('whose workbench is deleted during the sweep is an orphan for the next sweep', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    await world.tasks.run(anUnexpectedTask(key), 'another token');
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: async () => {
        await store.delete(key, (await world.read(key)).revision);
        return 'conflict';
      },
    });
    const report = await sweepTasks({ ...world.ports, workbenches }, world.policy, GRACE);
    expect(report).toMatchObject({ repaired: 0, waiting: 0, failed: 0 });
  });

  it('is distinguished from the task of the last finished run, even if the list is full', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    const store = world.stores.workbenches;
    const record = await world.read(key);
    const unexpectedTasks = ['a', 'b'].map((taskId) => ({ taskId }));
    const last = { ...record, unexpectedTasks, lastTaskId: 'task-x', revision: record.revision + 1 };
    await store.update(last, record.revision);
    const [live] = await world.liveTasks(key.workbenchId);
    const listed = { ...live, taskId: 'task-x', runId: 'run-x' } as TaskObservation;
    const tasks = overrideMethods(world.tasks, { list: async () => ({ tasks: [listed] }) });
    expect(await sweepTasks({ ...world.ports, tasks }, world.policy, GRACE)).toMatchObject({ waiting: 0 });
  });

  it('is not the task of the current run in any state; another sweep checks that one', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    const { revision } = await world.read(key);
    const [live] = await world.liveTasks(key.workbenchId);
    const listed = { ...live, version: 99, status: 'stopping' } as TaskObservation;
    const tasks = overrideMethods(world.tasks, { list: async () => ({ tasks: [listed] }) });
    expect(await sweepTasks({ ...world.ports, tasks }, world.policy, GRACE)).toMatchObject({ repaired: 0 });
    expect((await world.read(key)).revision).toBe(revision);
  });

  it('above the maximum of a record is deferred', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    for (const run of ['a', 'b', 'c']) await world.tasks.run(anUnexpectedTask(key, run), `token ${run}`);
    const report = await sweepTasks(world.ports, world.policy, GRACE);
    expect(report).toMatchObject({ checked: 4, repaired: 2, waiting: 1 });
    expect(report.findings.at(-1)).toMatchObject({
      what: 'deferred',
      why: `Its workbench ${key.workbenchId} stops 2 other unexpected tasks first.`,
    });
  });
});

describe('an orphan', () => {
  it('that is a task is counted by kind', async () => {
    const world = aWorld();
    await world.tasks.run(anUnexpectedTask({ userId: 'ada', workbenchId: 'gone' }), 'token');
    await world.clock.advanceAsync(GRACE.graceMs);
    expect(await sweepTasks(world.ports, world.policy, GRACE)).toMatchObject({
      findings: [{ what: 'deleted', kind: 'orphan_task' }],
    });
    expect(repairCounts(world)).toEqual({ orphan_task: 1 });
    expect(repairLogLines(world)).toHaveLength(1);
  });

  it('that is a host is added to the history of the workbench that uses another host', async () => {
    const world = aWorld();
    const key = await aRunningOne(world, DEDICATED);
    const request = {
      userId: key.userId,
      workbenchId: key.workbenchId,
      instanceType: 'm7i.large',
      generation: 1,
    };
    const launched = await world.hosts.launch(request, 'another token');
    if (launched.kind !== 'accepted') throw new Error('not launched');
    await world.advance(GRACE.graceMs);
    expect(await sweepHosts(world.ports, world.policy, GRACE)).toMatchObject({
      deleted: 1,
      findings: [
        {
          id: launched.host.instanceId,
          what: 'deleted',
          kind: 'orphan_host',
          why: `Its workbench ${key.workbenchId} uses another host.`,
        },
      ],
    });
    expect((await history(world, key))[0]).toBe('orphan_host_terminated');
    expect(world.queue.takeDue()).toMatchObject({ workbenchId: key.workbenchId });
    await world.advance(MINUTE);
    const { outbox, status, nextDriveAt } = await world.read(key);
    expect({ outbox, status, nextDriveAt }).toEqual({
      outbox: [],
      status: 'running',
      nextDriveAt: undefined,
    });
    expect(repairCounts(world)).toEqual({ orphan_host: 1 });
  });

  it('that is a host is added to no history if its workbench is deleted during the sweep', async () => {
    const world = aWorld();
    const key = await aRunningOne(world);
    const store = world.stores.workbenches;
    const host: HostObservation = {
      ...{ instanceId: 'i-1', userId: key.userId, workbenchId: key.workbenchId, launchedAt: 0 },
      ...{ state: 'running', agentConnected: true },
    };
    const hosts = overrideMethods(world.hosts, {
      list: async () => ({ hosts: [host] }),
      terminate: async () => {},
    });
    const workbenches = overrideMethods(store, {
      update: async () => {
        await store.delete(key, (await world.read(key)).revision);
        return 'conflict';
      },
    });
    expect(await sweepHosts({ ...world.ports, hosts, workbenches }, world.policy, GRACE)).toMatchObject({
      ...{ sweep: 'hosts', deleted: 1, failed: 0 },
    });
  });

  it('that is a volume is counted by kind, whether it is deleted or quarantined', async () => {
    const world = aWorld();
    await world.volumes.ensure('empty');
    await world.volumes.ensure('full');
    world.volumes.files('full')?.add('thesis.tex');
    world.clock.advance(DAY);
    const report = await sweepVolumes(world.ports, VOLUMES);
    expect(report.findings).toMatchObject([
      { id: 'empty', what: 'deleted', kind: 'orphan_volume', why: 'Its workbench does not exist.' },
      { id: 'full', what: 'quarantined', kind: 'orphan_volume' },
    ]);
    expect(repairCounts(world)).toEqual({ orphan_volume: 2 });
    expect([...world.telemetry.countsBy]).toContainEqual(['sweep_quarantined.volumes', 1]);
  });

  it('of the cluster is counted by kind', async () => {
    const world = aWorld();
    const cleanup = new MemoryClusterCleanup();
    cleanup.terminatedCount = 1;
    cleanup.definitions.set(idAt(T0, 1), 1);
    const report = await sweepCluster({ ...world.ports, cleanup }, { graceMs: 0, shard: 0, shards: 1 });
    expect(report.findings).toEqual([
      {
        id: 'container instance',
        what: 'deleted',
        kind: 'container_instance',
        why: 'Its EC2 instance is terminated.',
      },
      {
        id: idAt(T0, 1),
        what: 'deleted',
        kind: 'task_definition',
        why: 'Its workbench does not exist.',
      },
    ]);
    expect(repairCounts(world)).toEqual({ container_instance: 1, task_definition: 1 });
  });

  it('that could not be deleted is counted as a failure, not as a repair', async () => {
    const world = aWorld();
    await world.tasks.run(anUnexpectedTask({ userId: 'ada', workbenchId: 'gone' }), 'token');
    await world.clock.advanceAsync(GRACE.graceMs);
    const tasks = overrideMethods(world.tasks, { stop: () => Promise.reject(new Error('no')) });
    expect(await sweepTasks({ ...world.ports, tasks }, world.policy, GRACE)).toMatchObject({
      deleted: 0,
      failed: 1,
      findings: [{ what: 'failed', why: 'Its workbench gone does not exist.' }],
    });
    expect(repairCounts(world)).toEqual({});
    expect(world.telemetry.lines).toContainEqual({
      level: 'error',
      message: 'could not delete an orphan',
    });
  });
});
