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

/** A world with so many tasks that nobody wants, old enough to be deleted. */
async function withOrphans(count: number, ageMs = GRACE.graceMs) {
  const world = new MemoryWorld({ events: false });
  for (let n = 0; n < count; n += 1) await world.tasks.run(anInput(`gone-${n}`), `token-${n}`);
  await world.clock.advanceAsync(ageMs);
  return { world, sweep: (ports = world.ports) => sweepTasks(ports, world.policy, GRACE) };
}

describe('a sweep', () => {
  it('that ends early says so, as an error and in a metric', async () => {
    const { world, sweep } = await withOrphans(0);
    const tasks = overrideMethods(world.tasks, { list: () => Promise.reject(new Error('no answer')) });
    expect((await sweep({ ...world.ports, tasks })).findings).toEqual([
      { id: 'tasks', what: 'failed', why: 'The sweep ended early; the next one begins anew.' },
    ]);
    expect(world.telemetry.lines).toContainEqual({ level: 'error', message: 'sweep failed' });
    expect(world.telemetry.fields.get('sweep failed')).toEqual({ sweep: 'tasks' });
    expect([...world.telemetry.countsBy]).toEqual([
      ['sweep_aborted.tasks', 1],
      ['sweep_failed.tasks', 1],
    ]);
  });

  it('that finds nothing has nothing to say but that it came to its end', async () => {
    const { world, sweep } = await withOrphans(0);
    expect(await sweep()).toMatchObject({ sweep: 'tasks', checked: 0, alarm: false, findings: [] });
    const counted = [...world.telemetry.countsBy];
    expect([world.telemetry.lines, counted]).toEqual([[], [['sweep_completed.tasks', 1]]]);
  });

  it('tells when it began and when it ended', async () => {
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

  it('walks every page, and spells out the first of what it finds', async () => {
    const { sweep } = await withOrphans(101, 0);
    const report = await sweep();
    expect(report).toMatchObject({ checked: 101, waiting: 101 });
    expect(report.findings).toHaveLength(FINDINGS_MAX);
  });

  it('tells of each repair as it is made, in a line and a metric', async () => {
    const { world, sweep } = await withOrphans(2);
    const { findings } = await sweep();
    expect(world.telemetry.lines.filter(({ message }) => message === 'difference repaired')).toHaveLength(2);
    expect(world.telemetry.fields.get('difference repaired')).toEqual({
      sweep: 'tasks',
      kind: 'orphan_task',
      what: 'deleted',
      id: findings[1]?.id,
      why: 'Its workbench gone-1 is no more.',
    });
    expect([...world.telemetry.countsBy]).toEqual([
      ['repair.orphan_task', 2],
      ['sweep_completed.tasks', 1],
      ['sweep_deleted.tasks', 2],
    ]);
  });
});

describe('what nobody wants', () => {
  it('is spared until its grace is over, to the moment', async () => {
    const { world, sweep } = await withOrphans(1, GRACE.graceMs - 1);
    expect(await sweep()).toMatchObject({
      ...{ deleted: 0, waiting: 1 },
      findings: [{ what: 'in_grace_period', why: 'Its workbench gone-0 is no more.' }],
    });
    await world.clock.advanceAsync(1);
    expect(await sweep()).toMatchObject({ deleted: 1, waiting: 0 });
  });

  it('is as old as it was when the sweep began: its record was looked for then', async () => {
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

  it('counts as old when it is not known when it was made', async () => {
    const { world, sweep } = await withOrphans(1, 0);
    const { tasks: found } = await world.tasks.list();
    const tasks = overrideMethods(world.tasks, {
      list: async () => ({ tasks: found.map(({ createdAt: _unknown, ...task }) => task) }),
    });
    expect(await sweep({ ...world.ports, tasks })).toMatchObject({ deleted: 1 });
  });

  it('is asked to end in words that people will read', async () => {
    const { world, sweep } = await withOrphans(1);
    const asked: string[] = [];
    const tasks = overrideMethods(world.tasks, {
      stop: async (_, why) => {
        asked.push(why);
      },
    });
    await sweep({ ...world.ports, tasks });
    expect(asked).toEqual(['its workbench is no more']);
  });

  it('is told to operators when it cannot be deleted', async () => {
    const { world, sweep } = await withOrphans(1);
    const tasks = overrideMethods(world.tasks, { stop: () => Promise.reject(new Error('no')) });
    const { findings } = await sweep({ ...world.ports, tasks });
    expect(world.telemetry.fields.get('could not delete an orphan')).toEqual({ id: findings[0]?.id });
  });
});

describe('a sweep that wants to remove much', () => {
  /** So many orphans among so many that are too young to be deleted. */
  async function among(orphans: number, young: number) {
    const { world, sweep } = await withOrphans(orphans);
    const { tasks: old } = await world.tasks.list();
    const others = Array.from({ length: young }, (_, n) => ({
      ...{ taskId: `other-${n}`, userId: 'ada', workbenchId: `other-${n}`, runId: 'r', attempt: 1 },
      ...{ createdAt: world.clock.now(), version: 1, status: 'running' as const },
    }));
    const tasks = overrideMethods(world.tasks, { list: async () => ({ tasks: [...old, ...others] }) });
    return { world, report: await sweep({ ...world.ports, tasks }) };
  }

  it('may remove five things, and five of a hundred, but nothing when it would be one more', async () => {
    expect((await among(DELETION_MAX, 0)).report).toMatchObject({ deleted: DELETION_MAX, alarm: false });
    expect((await among(6, 114)).report).toMatchObject({ deleted: 6, alarm: false });
    expect((await among(6, 113)).report).toMatchObject({ deleted: 0, alarm: true });
  });

  it('raises the alarm: in the log, in a metric and in its report', async () => {
    const { world, report } = await among(DELETION_MAX + 1, 0);
    expect(report).toMatchObject({ alarm: true, waiting: DELETION_MAX + 1 });
    expect(report.findings[0]).toEqual({
      ...{ id: expect.any(String), what: 'over_deletion_limit' },
      why: 'Its workbench gone-0 is no more.',
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

  it('names each thing that it leaves in the log: its report has room for twenty', async () => {
    const { world, report } = await among(FINDINGS_MAX + 2, 0);
    const left = world.telemetry.lines.filter(({ message }) => message === 'difference not repaired');
    expect([report.findings.length, left.length]).toEqual([FINDINGS_MAX, FINDINGS_MAX + 2]);
    expect(world.telemetry.fields.get('difference not repaired')).toEqual({
      ...{ sweep: 'tasks', what: 'over_deletion_limit', id: expect.any(String) },
      why: `Its workbench gone-${FINDINGS_MAX + 1} is no more.`,
    });
  });

  it('is seen to do so in its report, however many young things came first', async () => {
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

describe('a machine', () => {
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

  const seen = (fields: Partial<HostObservation>): HostObservation => ({
    ...{ instanceId: 'i-1', launchedAt: 0, state: 'running', agentConnected: true },
    ...fields,
  });

  it('that is on its way out is left to go', async () => {
    const world = new MemoryWorld();
    for (const state of ['shutting-down', 'terminated'] as const)
      expect(await sweepOf(world, seen({ state }))).toMatchObject({
        report: { checked: 1, deleted: 0, waiting: 0 },
        terminated: [],
      });
  });

  it('that names no workbench, or no user, is nobody’s', async () => {
    const world = new MemoryWorld();
    const unnamed = await sweepOf(world, seen({}), seen({ instanceId: 'i-2', workbenchId: 'wb1' }));
    expect(unnamed.terminated).toEqual(['i-1', 'i-2']);
    expect(unnamed.report.findings[1]).toMatchObject({ why: 'Its workbench wb1 is no more.' });
    const userOnly = await sweepOf(world, seen({ userId: 'ada' }));
    expect(userOnly.terminated).toEqual(['i-1']);
  });

  it('that names no workbench, or no user, is looked up nowhere', async () => {
    const world = new MemoryWorld();
    const read: unknown[] = [];
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: async (key) => {
        read.push(key);
        return undefined;
      },
    });
    const hosts = overrideMethods(world.hosts, {
      list: async () => ({ hosts: [seen({ workbenchId: 'wb1' }), seen({ userId: 'ada' }), seen({})] }),
    });
    await sweepHosts({ ...world.ports, hosts, workbenches }, world.policy, GRACE);
    expect(read).toEqual([]);
  });

  it('whose record cannot be read is spared', async () => {
    const world = new MemoryWorld();
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: () => Promise.reject(new Error('poisoned')),
    });
    const hosts = overrideMethods(world.hosts, {
      list: async () => ({ hosts: [seen({ userId: 'ada', workbenchId: 'wb1' })] }),
    });
    const report = await sweepHosts({ ...world.ports, workbenches, hosts }, world.policy, GRACE);
    expect(report).toMatchObject({
      ...{ deleted: 0, waiting: 1 },
      findings: [{ id: 'i-1', what: 'record_unreadable' }],
    });
  });

  it('that a launch without an answer may have made is left to that launch', async () => {
    const world = new MemoryWorld();
    const { userId, workbenchId } = await world.create(DEDICATED);
    expect(await sweepOf(world, seen({ userId, workbenchId }))).toMatchObject({
      report: { deleted: 0, repaired: 0, waiting: 0 },
      terminated: [],
    });
  });

  it('of a workbench that has none, or uses another, is one too many', async () => {
    const world = new MemoryWorld();
    const shared = await world.create();
    const own = await world.waitForStatus(await world.create(DEDICATED), 'running');
    const orphans = [shared, own].map(({ userId, workbenchId }, n) =>
      seen({ instanceId: `i-${n}`, userId, workbenchId }),
    );
    const { report, terminated } = await sweepOf(world, ...orphans);
    expect(terminated).toEqual(['i-0', 'i-1']);
    expect(report.findings.map(({ why }) => why)).toEqual(
      [shared, own].map(({ workbenchId }) => `Its workbench ${workbenchId} uses another.`),
    );
  });
});
