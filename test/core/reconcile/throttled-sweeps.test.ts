import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const GRACE = { graceMs: 15 * MINUTE };
const throttled = () => Promise.reject(new PortError('throttled', 'Rate exceeded'));
const unavailable = () => Promise.reject(new PortError('unavailable', 'no response'));

const THROTTLED = {
  what: 'throttled',
  why: 'AWS throttled a call. The sweep stopped so that requests of users come first; the next sweep continues.',
};

function orphan(n: number): TaskInput {
  return {
    ...{ userId: 'ada', workbenchId: `gone-${n}`, runId: 'run-x', attempt: 1, name: 'x' },
    ...{ cpuUnits: 1, memoryMib: 1, gpuCount: 0, mount: {} },
    placement: { kind: 'provider', provider: 'small' },
  };
}

describe('a throttled sweep', () => {
  it('stops, reports the throttle, and counts neither a failure nor an alarm', async () => {
    const world = new MemoryWorld();
    const tasks = overrideMethods(world.tasks, { list: throttled });
    const report = await sweepTasks({ ...world.ports, tasks }, world.policy, GRACE);
    expect(report).toMatchObject({ waiting: 1, failed: 0, alarm: false });
    expect(report.findings).toStrictEqual([{ id: 'tasks', ...THROTTLED }]);
    expect(world.telemetry.fields.get('sweep throttled')).toEqual({ sweep: 'tasks', id: 'tasks' });
    expect(world.telemetry.lines.slice(-1)).toEqual([{ level: 'warn', message: 'sweep throttled' }]);
    expect(await world.reports.list()).toEqual([report]);
  });

  it('deletes nothing further, and lists the remaining orphans', async () => {
    const world = new MemoryWorld();
    for (let n = 0; n < 3; n += 1) await world.tasks.run(orphan(n), `token-${n}`);
    await world.clock.advanceAsync(GRACE.graceMs);
    const calls: string[] = [];
    const tasks = overrideMethods(world.tasks, {
      stop: async (taskId, why) => {
        calls.push(taskId);
        if (calls.length === 2) return throttled();
        return world.tasks.stop(taskId, why);
      },
    });
    const report = await sweepTasks({ ...world.ports, tasks }, world.policy, GRACE);
    expect(report).toMatchObject({ deleted: 1, waiting: 2, failed: 0 });
    expect(report.findings.map(({ what }) => what)).toEqual(['deleted', 'throttled', 'throttled']);
    expect(calls).toHaveLength(2);
    expect(world.telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('continues after a deletion that failed for another reason', async () => {
    const world = new MemoryWorld();
    for (let n = 0; n < 2; n += 1) await world.tasks.run(orphan(n), `token-${n}`);
    await world.clock.advanceAsync(GRACE.graceMs);
    let calls = 0;
    const tasks = overrideMethods(world.tasks, {
      stop: () => (++calls === 1 ? unavailable() : Promise.resolve()),
    });
    expect(await sweepTasks({ ...world.ports, tasks }, world.policy, GRACE)).toMatchObject({
      deleted: 1,
      failed: 1,
    });
  });
});

describe('a sweep without space for its report', () => {
  it('keeps its results, and says so', async () => {
    const world = new MemoryWorld();
    const noSpace = () => Promise.reject(new PortError('no_space', 'disk full'));
    const reports = overrideMethods(world.reports, { add: noSpace });
    const report = await sweepTasks({ ...world.ports, reports }, world.policy, GRACE);
    expect(report).toMatchObject({ failed: 0 });
    expect(world.telemetry.fields.get('no space for the report of a sweep')).toEqual({ sweep: 'tasks' });
    const unreachable = overrideMethods(world.reports, { add: unavailable });
    const failing = sweepTasks({ ...world.ports, reports: unreachable }, world.policy, GRACE);
    await expect(failing).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a sweep that stops early while it lists', () => {
  /** Orphans on the first page; the second page is throttled. */
  async function throttledAtPageTwo(orphans: number) {
    const world = new MemoryWorld({ events: false });
    for (let n = 0; n < orphans; n += 1) await world.tasks.run(orphan(n), `token-${n}`);
    await world.clock.advanceAsync(GRACE.graceMs);
    const cursors: (string | undefined)[] = [];
    const tasks = overrideMethods(world.tasks, {
      list: async (cursor) => {
        cursors.push(cursor);
        return cursor === undefined ? { ...(await world.tasks.list()), cursor: 'page 2' } : throttled();
      },
    });
    return { world, cursors, ports: { ...world.ports, tasks } };
  }

  it('deletes what it has found, and the next sweep continues there', async () => {
    const { world, cursors, ports } = await throttledAtPageTwo(1);
    const report = await sweepTasks(ports, world.policy, GRACE);
    expect(report).toMatchObject({ deleted: 1, waiting: 1, failed: 0, resumeCursor: 'page 2' });
    await world.advance(MINUTE);
    await sweepTasks(ports, world.policy, GRACE);
    expect(cursors).toEqual([undefined, 'page 2', 'page 2']);
    expect((await world.tasks.list()).tasks).toEqual([]);
  });

  it('is subject to the deletion limit', async () => {
    const { world, ports } = await throttledAtPageTwo(6);
    expect(await sweepTasks(ports, world.policy, GRACE)).toMatchObject({ deleted: 0, alarm: true });
  });

  it('is not counted as completed', async () => {
    const { world, ports } = await throttledAtPageTwo(1);
    await sweepTasks(ports, world.policy, GRACE);
    expect(world.telemetry.counts.has('sweep_completed')).toBe(false);
    expect(world.telemetry.counts.has('sweep_aborted')).toBe(false);
  });

  it('reads no further page once its time is used up, and the next sweep continues there', async () => {
    const world = new MemoryWorld({ events: false });
    const cursors: (string | undefined)[] = [];
    const hosts = overrideMethods(world.hosts, {
      list: async (cursor) => {
        cursors.push(cursor);
        world.clock.advance(2 * MINUTE);
        return cursor === undefined ? { hosts: [], cursor: 'page 2' } : { hosts: [] };
      },
    });
    const ports = { ...world.ports, hosts };
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({
      waiting: 1,
      resumeCursor: 'page 2',
    });
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({ waiting: 0 });
    expect(cursors).toEqual([undefined, 'page 2']);
  });

  it('deletes nothing once the time limit for deletions has passed', async () => {
    const { world, ports } = await throttledAtPageTwo(1);
    const list: typeof world.tasks.list = async (cursor) => {
      const page = await world.tasks.list(cursor);
      world.clock.advance(3 * MINUTE);
      return page;
    };
    const tasks = overrideMethods(world.tasks, { list });
    expect(await sweepTasks({ ...ports, tasks }, world.policy, GRACE)).toMatchObject({
      ...{ deleted: 0, findings: [{ what: 'deferred', why: 'Its workbench gone-0 does not exist.' }] },
    });
  });

  it('is not continued if each sweep has its own shard', async () => {
    const world = new MemoryWorld();
    const cursors: (string | undefined)[] = [];
    const volumes = overrideMethods(world.volumes, {
      list: async (cursor) => {
        cursors.push(cursor);
        return cursor === undefined ? { volumes: [], cursor: 'page 2' } : throttled();
      },
    });
    const settings = { graceMs: 0, policy: DEFAULT_POLICY, shard: 0, shards: 24 };
    const report = await sweepVolumes({ ...world.ports, volumes }, settings);
    expect(report.findings).toMatchObject([THROTTLED]);
    expect(report).not.toHaveProperty('resumeCursor');
    world.clock.advance(1);
    await sweepVolumes({ ...world.ports, volumes }, settings);
    expect(cursors).toEqual([undefined, 'page 2', undefined, 'page 2']);
  });
});

describe('sweepActive', () => {
  /** Two pages; describing the tasks of the second is throttled. */
  async function twoPages() {
    const world = new MemoryWorld();
    const first = await world.waitForStatus(await world.create(), 'running');
    const second = await world.waitForStatus(await world.create(), 'running');
    const cursors: (string | undefined)[] = [];
    const workbenches = overrideMethods(world.stores.workbenches, {
      listActive: async (cursor) => {
        cursors.push(cursor);
        return cursor === undefined ? { keys: [first], cursor: 'page 2' } : { keys: [second] };
      },
    });
    let calls = 0;
    const tasks = overrideMethods(world.tasks, {
      describe: (ids) => (++calls === 2 ? throttled() : world.tasks.describe(ids)),
    });
    return { world, cursors, ports: { ...world.ports, workbenches, tasks } };
  }

  it('continues where the previous sweep stopped, and starts from the beginning after the end', async () => {
    const { world, cursors, ports } = await twoPages();
    const first = await sweepActive(ports, world.policy);
    expect(first).toMatchObject({ checked: 1, waiting: 1, resumeCursor: 'page 2' });
    world.clock.advance(1);
    const rest = await sweepActive(ports, world.policy);
    expect(rest).toMatchObject({ checked: 1, waiting: 0 });
    expect(rest).not.toHaveProperty('resumeCursor');
    world.clock.advance(1);
    expect(await sweepActive(ports, world.policy)).toMatchObject({ checked: 2 });
    expect(cursors).toEqual([undefined, 'page 2', 'page 2', undefined, 'page 2']);
  });

  it('stops in time, and the next sweep continues there', async () => {
    const { world, cursors, ports } = await twoPages();
    const withDescribeLasting = (ms: number) => ({
      ...ports,
      tasks: overrideMethods(world.tasks, {
        describe: async (ids) => {
          world.clock.advance(ms);
          return world.tasks.describe(ids);
        },
      }),
    });
    const long = await sweepActive(withDescribeLasting(4 * MINUTE), world.policy);
    expect(long).toMatchObject({ ...{ checked: 1, waiting: 1, failed: 0, resumeCursor: 'page 2' } });
    expect(long.findings).toEqual([
      {
        ...{ id: 'active', what: 'deferred' },
        why: 'The time of the sweep was used up; the next sweep continues.',
      },
    ]);
    // The last page is read, however long the sweep took.
    expect(await sweepActive(withDescribeLasting(4 * MINUTE), world.policy)).toMatchObject({
      checked: 1,
      waiting: 0,
    });
    expect(await sweepActive(withDescribeLasting(4 * MINUTE - 1), world.policy)).toMatchObject({
      checked: 2,
    });
    expect(cursors).toEqual([undefined, 'page 2', undefined, 'page 2']);
  });

  it('does not continue where another kind of sweep stopped', async () => {
    const { world, cursors, ports } = await twoPages();
    await world.reports.add(aReport({ sweep: 'tasks', resumeCursor: 'elsewhere' }));
    await sweepActive(ports, world.policy);
    expect(cursors[0]).toBeUndefined();
  });

  it('starts from the beginning after a failed sweep', async () => {
    const { world, cursors, ports } = await twoPages();
    let calls = 0;
    const tasks = overrideMethods(world.tasks, {
      describe: (ids) => (++calls === 2 ? unavailable() : world.tasks.describe(ids)),
    });
    const failed = await sweepActive({ ...ports, tasks }, world.policy);
    expect(failed).toMatchObject({ checked: 1, failed: 1 });
    expect(failed).not.toHaveProperty('resumeCursor');
    world.clock.advance(1);
    await sweepActive({ ...ports, tasks }, world.policy);
    expect(cursors).toEqual([undefined, 'page 2', undefined, 'page 2']);
  });

  it('fails if the table accepts no write', async () => {
    const world = new MemoryWorld({ events: false });
    await world.waitForStatus(await world.create(), 'running');
    world.tasks.describe = async (ids) => ids.map((taskId) => ({ taskId, missing: true }));
    const workbenches = overrideMethods(world.stores.workbenches, { update: unavailable });
    const report = await sweepActive({ ...world.ports, workbenches }, world.policy);
    expect(report.findings).toMatchObject([{ id: 'active', what: 'failed' }]);
  });

  it('continues after a record with continuing revision conflicts', async () => {
    const world = new MemoryWorld({ events: false });
    const contested = await world.waitForStatus(await world.create(), 'running');
    const other = await world.waitForStatus(await world.create(), 'running');
    world.tasks.describe = async (ids) => ids.map((taskId) => ({ taskId, missing: true }));
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: async (workbench, revision) =>
        workbench.workbenchId === contested.workbenchId ? 'conflict' : store.update(workbench, revision),
    });
    const report = await sweepActive({ ...world.ports, workbenches }, world.policy);
    expect(report).toMatchObject({ checked: 2, repaired: 1, failed: 1 });
    expect(report.findings).toContainEqual({
      id: contested.workbenchId,
      what: 'failed',
      why: 'The record could not be written because of revision conflicts.',
    });
    expect(await world.read(other)).toHaveProperty('run.missingSince');
  });

  it('does not apply further observations to a record that was deleted in between', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    world.tasks.describe = async (ids) => ids.map((taskId) => ({ taskId, missing: true }));
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: async () => {
        await store.delete(key, key.revision);
        return 'conflict';
      },
    });
    expect(await sweepActive({ ...world.ports, workbenches }, world.policy)).toMatchObject({
      checked: 1,
      repaired: 0,
      waiting: 0,
      failed: 0,
    });
  });
});

describe('an unavailable table', () => {
  const ENDED = { failed: 1, deleted: 0, quarantined: 0, waiting: 0 };

  it('makes every sweep fail, because no record can be read', async () => {
    const world = new MemoryWorld();
    await world.waitForStatus(await world.create({ dedicatedInstanceType: 'm7i.large' }), 'running');
    world.clock.advance(48 * 60 * MINUTE);
    const workbenches = overrideMethods(world.stores.workbenches, { read: unavailable });
    const ports = { ...world.ports, workbenches };
    expect(await sweepTasks(ports, world.policy, GRACE)).toMatchObject({ checked: 0, ...ENDED });
    expect(await sweepHosts(ports, world.policy, GRACE)).toMatchObject({ checked: 1, ...ENDED });
    expect(
      await sweepVolumes(ports, { graceMs: 0, policy: DEFAULT_POLICY, shard: 0, shards: 1 }),
    ).toMatchObject({
      checked: 1,
      ...ENDED,
    });
    expect(await sweepActive(ports, world.policy)).toMatchObject({ checked: 0, ...ENDED });
  });
});
