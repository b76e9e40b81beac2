import { describe, expect, it } from 'vitest';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { DELETION_MAX } from '#core/reconcile/orphans.ts';
import { FINDINGS_MAX } from '#core/reconcile/report.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const GRACE = { graceMs: 15 * MINUTE };

function anInput(workbenchId: string): TaskInput {
  return {
    ...{ userId: 'ada', workbenchId, runId: 'run-x', attempt: 1, name: 'x' },
    ...{ cpuUnits: 1, memoryMib: 1, gpuCount: 0, mount: {} },
    placement: { kind: 'provider', provider: 'small' },
  };
}

/** A world with this many orphaned tasks that are older than the grace period. */
async function withOrphans(count: number, ageMs = GRACE.graceMs) {
  const world = new MemoryWorld({ events: false });
  for (let n = 0; n < count; n += 1) await world.tasks.run(anInput(`gone-${n}`), `token-${n}`);
  await world.clock.advanceAsync(ageMs);
  return { world, sweep: (ports = world.ports) => sweepTasks(ports, world.policy, GRACE) };
}

describe('a sweep', () => {
  it('logs and counts that it failed', async () => {
    const { world, sweep } = await withOrphans(0);
    const tasks = overrideMethods(world.tasks, { list: () => Promise.reject(new Error('no response')) });
    expect((await sweep({ ...world.ports, tasks })).findings).toEqual([
      { id: 'tasks', what: 'failed', why: 'The sweep failed; the next one starts from the beginning.' },
    ]);
    expect(world.telemetry.lines).toContainEqual({ level: 'error', message: 'sweep failed' });
    expect(world.telemetry.fields.get('sweep failed')).toEqual({ sweep: 'tasks' });
    expect([...world.telemetry.countsBy]).toEqual([
      ['sweep_aborted.tasks', 1],
      ['sweep_failed.tasks', 1],
    ]);
  });

  it('reports only its completion if it finds nothing', async () => {
    const { world, sweep } = await withOrphans(0);
    expect(await sweep()).toMatchObject({ sweep: 'tasks', checked: 0, alarm: false, findings: [] });
    const counted = [...world.telemetry.countsBy];
    expect([world.telemetry.lines, counted]).toEqual([[], [['sweep_completed.tasks', 1]]]);
  });

  it('reports when it started and ended', async () => {
    const { world, sweep } = await withOrphans(0);
    const startedAt = world.clock.now();
    const tasks = overrideMethods(world.tasks, {
      list: async (cursor) => {
        world.clock.advance(1234);
        return world.tasks.list(cursor);
      },
    });
    const report = await sweep({ ...world.ports, tasks });
    expect(report).toMatchObject({ startedAt, endedAt: startedAt + 1234 });
  });

  it('reads every page, and its report contains the first findings', async () => {
    const { sweep } = await withOrphans(101, 0);
    const report = await sweep();
    expect(report).toMatchObject({ checked: 101, waiting: 101 });
    expect(report.findings).toHaveLength(FINDINGS_MAX);
  });

  it('logs and counts each repair', async () => {
    const { world, sweep } = await withOrphans(2);
    const { findings } = await sweep();
    expect(world.telemetry.lines.filter(({ message }) => message === 'difference repaired')).toHaveLength(2);
    expect(world.telemetry.fields.get('difference repaired')).toEqual({
      sweep: 'tasks',
      kind: 'orphan_task',
      what: 'deleted',
      id: findings[1]?.id,
      why: 'Its workbench gone-1 does not exist.',
    });
    expect([...world.telemetry.countsBy]).toEqual([
      ['repair.orphan_task', 2],
      ['sweep_completed.tasks', 1],
      ['sweep_deleted.tasks', 2],
    ]);
  });
});

describe('an orphan', () => {
  it('is spared until exactly the end of its grace period', async () => {
    const { world, sweep } = await withOrphans(1, GRACE.graceMs - 1);
    expect(await sweep()).toMatchObject({
      ...{ deleted: 0, waiting: 1 },
      findings: [{ what: 'in_grace_period', why: 'Its workbench gone-0 does not exist.' }],
    });
    await world.clock.advanceAsync(1);
    expect(await sweep()).toMatchObject({ deleted: 1, waiting: 0 });
  });

  it('has the age that it had at the start of the sweep, before its record was searched', async () => {
    const { world, sweep } = await withOrphans(1, GRACE.graceMs - 1);
    const tasks = overrideMethods(world.tasks, {
      list: async (cursor) => {
        const page = await world.tasks.list(cursor);
        world.clock.advance(10 * MINUTE);
        return page;
      },
    });
    expect(await sweep({ ...world.ports, tasks })).toMatchObject({ deleted: 0, waiting: 1 });
  });

  it('counts as old if its creation time is unknown', async () => {
    const { world, sweep } = await withOrphans(1, 0);
    const { tasks: found } = await world.tasks.list();
    const tasks = overrideMethods(world.tasks, {
      list: async () => ({ tasks: found.map(({ createdAt: _unknown, ...task }) => task) }),
    });
    expect(await sweep({ ...world.ports, tasks })).toMatchObject({ deleted: 1 });
  });

  it('is stopped with a reason that people can understand', async () => {
    const { world, sweep } = await withOrphans(1);
    const stopReasons: string[] = [];
    const tasks = overrideMethods(world.tasks, {
      stop: async (_, why) => {
        stopReasons.push(why);
      },
    });
    await sweep({ ...world.ports, tasks });
    expect(stopReasons).toEqual(['workbench does not exist']);
  });

  it('is reported and logged if it cannot be deleted', async () => {
    const { world, sweep } = await withOrphans(1);
    const tasks = overrideMethods(world.tasks, { stop: () => Promise.reject(new Error('no')) });
    const { findings } = await sweep({ ...world.ports, tasks });
    expect(world.telemetry.fields.get('could not delete an orphan')).toEqual({ id: findings[0]?.id });
  });
});

describe('the deletion limit', () => {
  /** This many orphans and this many resources that are too young to be deleted. */
  async function sweepOrphansAmong(orphans: number, young: number) {
    const { world, sweep } = await withOrphans(orphans);
    const { tasks: old } = await world.tasks.list();
    const others = Array.from({ length: young }, (_, n) => ({
      ...{ taskId: `other-${n}`, userId: 'ada', workbenchId: `other-${n}`, runId: 'r', attempt: 1 },
      ...{ createdAt: world.clock.now(), version: 1, status: 'running' as const },
    }));
    const tasks = overrideMethods(world.tasks, { list: async () => ({ tasks: [...old, ...others] }) });
    return { world, report: await sweep({ ...world.ports, tasks }) };
  }

  it('allows five orphans, or five of a hundred resources, but deletes nothing above it', async () => {
    expect((await sweepOrphansAmong(DELETION_MAX, 0)).report).toMatchObject({
      deleted: DELETION_MAX,
      alarm: false,
    });
    expect((await sweepOrphansAmong(6, 114)).report).toMatchObject({ deleted: 6, alarm: false });
    expect((await sweepOrphansAmong(6, 113)).report).toMatchObject({ deleted: 0, alarm: true });
  });

  it('raises an alarm in the log, in a metric and in the report', async () => {
    const { world, report } = await sweepOrphansAmong(DELETION_MAX + 1, 0);
    expect(report).toMatchObject({ alarm: true, waiting: DELETION_MAX + 1 });
    expect(report.findings[0]).toEqual({
      ...{ id: expect.any(String), what: 'over_deletion_limit' },
      why: 'Its workbench gone-0 does not exist.',
    });
    const message = 'deletion limit exceeded, nothing deleted';
    expect(world.telemetry.lines).toContainEqual({ level: 'error', message });
    expect(world.telemetry.fields.get(message)).toEqual({
      sweep: 'tasks',
      waiting: DELETION_MAX + 1,
      checked: DELETION_MAX + 1,
    });
    expect([...world.telemetry.countsBy]).toEqual([
      ['sweep_completed.tasks', 1],
      ['sweep_waiting.tasks', DELETION_MAX + 1],
      ['deletion_limit_exceeded.tasks', 1],
    ]);
  });

  it('logs every orphan above it, although the report has only twenty findings', async () => {
    const { world, report } = await sweepOrphansAmong(FINDINGS_MAX + 2, 0);
    const left = world.telemetry.lines.filter(({ message }) => message === 'difference not repaired');
    expect([report.findings.length, left.length]).toEqual([FINDINGS_MAX, FINDINGS_MAX + 2]);
    expect(world.telemetry.fields.get('difference not repaired')).toEqual({
      ...{ sweep: 'tasks', what: 'over_deletion_limit', id: expect.any(String) },
      why: `Its workbench gone-${FINDINGS_MAX + 1} does not exist.`,
    });
  });

  it('is visible in the report, however many younger resources were found first', async () => {
    const { world, sweep } = await withOrphans(FINDINGS_MAX);
    const { tasks: old } = await world.tasks.list();
    const young = old.map((task) => ({
      ...task,
      taskId: `young-${task.taskId}`,
      createdAt: world.clock.now(),
    }));
    const tasks = overrideMethods(world.tasks, { list: async () => ({ tasks: [...young, ...old] }) });
    const { findings } = await sweep({ ...world.ports, tasks });
    expect(new Set(findings.map(({ what }) => what))).toEqual(new Set(['over_deletion_limit']));
  });
});

describe('a host', () => {
  const DEDICATED = { dedicatedInstanceType: 'm7i.large' };

  async function sweepOf(world: MemoryWorld, ...hosts: readonly HostObservation[]) {
    const terminated: string[] = [];
    const fleet = overrideMethods(world.hosts, {
      list: async () => ({ hosts }),
      terminate: async (instanceId) => {
        terminated.push(instanceId);
      },
    });
    const report = await sweepHosts({ ...world.ports, hosts: fleet }, world.policy, GRACE);
    return { report, terminated };
  }

  const aHostObservation = (fields: Partial<HostObservation>): HostObservation => ({
    ...{ instanceId: 'i-1', launchedAt: 0, state: 'running', agentConnected: true },
    ...fields,
  });

  it('that is terminating is left alone', async () => {
    const world = new MemoryWorld();
    for (const state of ['shutting-down', 'terminated'] as const)
      expect(await sweepOf(world, aHostObservation({ state }))).toMatchObject({
        report: { checked: 1, deleted: 0, waiting: 0 },
        terminated: [],
      });
  });

  it('without a workbench or user tag is an orphan', async () => {
    const world = new MemoryWorld();
    const unnamed = await sweepOf(
      world,
      aHostObservation({}),
      aHostObservation({ instanceId: 'i-2', workbenchId: 'wb1' }),
    );
    expect(unnamed.terminated).toEqual(['i-1', 'i-2']);
    expect(unnamed.report.findings[1]).toMatchObject({ why: 'Its workbench wb1 does not exist.' });
    const userOnly = await sweepOf(world, aHostObservation({ userId: 'ada' }));
    expect(userOnly.terminated).toEqual(['i-1']);
  });

  it('without a workbench or user tag causes no read of a record', async () => {
    const world = new MemoryWorld();
    const read: unknown[] = [];
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: async (key) => {
        read.push(key);
        return undefined;
      },
    });
    const hosts = overrideMethods(world.hosts, {
      list: async () => ({
        hosts: [
          aHostObservation({ workbenchId: 'wb1' }),
          aHostObservation({ userId: 'ada' }),
          aHostObservation({}),
        ],
      }),
    });
    await sweepHosts({ ...world.ports, hosts, workbenches }, world.policy, GRACE);
    expect(read).toEqual([]);
  });

  it('with an unreadable record is spared', async () => {
    const world = new MemoryWorld();
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: () => Promise.reject(new Error('poisoned')),
    });
    const hosts = overrideMethods(world.hosts, {
      list: async () => ({ hosts: [aHostObservation({ userId: 'ada', workbenchId: 'wb1' })] }),
    });
    const report = await sweepHosts({ ...world.ports, workbenches, hosts }, world.policy, GRACE);
    expect(report).toMatchObject({
      ...{ deleted: 0, waiting: 1 },
      findings: [{ id: 'i-1', what: 'record_unreadable' }],
    });
  });

  it('that an unresolved launch may have created is left to that launch', async () => {
    const world = new MemoryWorld();
    const { userId, workbenchId } = await world.create(DEDICATED);
    expect(await sweepOf(world, aHostObservation({ userId, workbenchId }))).toMatchObject({
      report: { deleted: 0, repaired: 0, waiting: 0 },
      terminated: [],
    });
  });

  it('is an orphan if its workbench has no host or uses another', async () => {
    const world = new MemoryWorld();
    const shared = await world.create();
    const own = await world.waitForStatus(await world.create(DEDICATED), 'running');
    const orphans = [shared, own].map(({ userId, workbenchId }, n) =>
      aHostObservation({ instanceId: `i-${n}`, userId, workbenchId }),
    );
    const { report, terminated } = await sweepOf(world, ...orphans);
    expect(terminated).toEqual(['i-0', 'i-1']);
    expect(report.findings.map(({ why }) => why)).toEqual(
      [shared, own].map(({ workbenchId }) => `Its workbench ${workbenchId} uses another host.`),
    );
  });
});
