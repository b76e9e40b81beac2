import { describe, expect, it } from 'vitest';
import type { HostFleet } from '#core/ports/host-fleet.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const GRACE = { graceMs: 15 * MINUTE };
const DEDICATED = { dedicatedInstanceType: 'm7i.large' };
const REFERENCED = { what: 'referenced', why: 'A record refers to it that did not at the first read.' };

/** Makes the store hide the record at the first read and return it at the recheck. */
function hideRecordAtFirstRead(world: MemoryWorld) {
  let reads = 0;
  const store = world.stores.workbenches;
  return overrideMethods(store, { read: async (key) => (++reads === 1 ? undefined : store.read(key)) });
}

function anUnexpectedTask({ userId, workbenchId }: WorkbenchKey): TaskInput {
  return {
    ...{ userId, workbenchId, runId: 'run-x', attempt: 1, name: 'x', cpuUnits: 1, memoryMib: 1 },
    ...{ gpuCount: 0, placement: { kind: 'provider', provider: 'small' }, mount: {} },
  };
}

describe('a resource to which a record refers since the first read', () => {
  it('is not deleted if it is a task', async () => {
    const world = new MemoryWorld({ events: false });
    await world.waitForStatus(await world.create(), 'running');
    await world.advance(DAY);
    const report = await sweepTasks(
      { ...world.ports, workbenches: hideRecordAtFirstRead(world) },
      world.policy,
      GRACE,
    );
    expect(report).toMatchObject({ deleted: 0, waiting: 1, failed: 0, findings: [REFERENCED] });
    expect((await world.tasks.list()).tasks).toHaveLength(1);
  });

  it('is not deleted if it is an unexpected task', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(await world.create(), 'running');
    let reads = 0;
    const store = world.stores.workbenches;
    const record = await world.read(key);
    const workbenches = overrideMethods(store, {
      read: async (key) => {
        if (++reads > 1 || record.status !== 'running') return store.read(key);
        return { ...record, run: { ...record.run, runId: 'run-y', taskId: 'task-y' } };
      },
    });
    const report = await sweepTasks({ ...world.ports, workbenches }, world.policy, GRACE);
    expect(report).toMatchObject({ repaired: 0, waiting: 1, findings: [REFERENCED] });
    expect((await world.read(key)).unexpectedTasks).toEqual([]);
  });

  it('is not deleted if it is a host', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(await world.create(DEDICATED), 'running');
    await world.advance(DAY);
    const report = await sweepHosts(
      { ...world.ports, workbenches: hideRecordAtFirstRead(world) },
      world.policy,
      GRACE,
    );
    expect(report).toMatchObject({
      deleted: 0,
      waiting: 1,
      findings: [{ id: key.host?.instanceId, ...REFERENCED }],
    });
    expect((await world.hosts.list()).hosts).toMatchObject([{ state: 'running' }]);
  });

  it('is not deleted if it is a host that an unresolved launch may have created', async () => {
    const world = new MemoryWorld({ events: false });
    const { userId, workbenchId } = await world.create(DEDICATED);
    const host = { instanceId: 'i-1', userId, workbenchId, launchedAt: 0 };
    const hosts: HostFleet = overrideMethods(world.hosts as HostFleet, {
      list: async () => ({ hosts: [{ ...host, state: 'running', agentConnected: true }] }),
      terminate: () => Promise.reject(new Error('it is referenced')),
    });
    await world.clock.advanceAsync(GRACE.graceMs);
    const ports = { ...world.ports, hosts, workbenches: hideRecordAtFirstRead(world) };
    expect((await sweepHosts(ports, world.policy, GRACE)).findings).toMatchObject([REFERENCED]);
  });

  it('is not deleted if it is a volume', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    world.volumes.files(key.workbenchId)?.add('thesis.tex');
    world.clock.advance(2 * DAY);
    const ports = { ...world.ports, workbenches: hideRecordAtFirstRead(world) };
    const report = await sweepVolumes(ports, { graceMs: DAY, policy: DEFAULT_POLICY, shard: 0, shards: 1 });
    expect(report).toMatchObject({ quarantined: 0, deleted: 0, waiting: 1, findings: [REFERENCED] });
    expect(world.volumes.files(key.workbenchId)).toContain('thesis.tex');
  });
});

describe('a failing recheck', () => {
  it.each([
    ['unreadable', new Error('poisoned'), 'record_unreadable'],
    ['failed', new PortError('unavailable', 'no table'), 'failed'],
    ['throttled', new PortError('throttled', 'no table'), 'throttled'],
  ])('spares the resource and reports it as %s', async (_, error, what) => {
    const world = new MemoryWorld({ events: false });
    await world.tasks.run(anUnexpectedTask({ userId: 'ada', workbenchId: 'gone' }), 'token');
    await world.clock.advanceAsync(GRACE.graceMs);
    let reads = 0;
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: () => (++reads === 1 ? Promise.resolve(undefined) : Promise.reject(error)),
    });
    const report = await sweepTasks({ ...world.ports, workbenches }, world.policy, GRACE);
    expect(report.findings.map((finding) => finding.what)).toEqual([what]);
    expect((await world.tasks.list()).tasks).toHaveLength(1);
  });
});

describe('a record', () => {
  /** Two running workbenches; the `update` of the first fails after both were read. */
  async function withFailingUpdate(error: (key: WorkbenchKey) => Error) {
    const world = new MemoryWorld({ events: false });
    const first = await world.waitForStatus(await world.create(), 'running');
    const other = await world.waitForStatus(await world.create(), 'running');
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: (workbench, revision) =>
        workbench.workbenchId === first.workbenchId
          ? Promise.reject(error(first))
          : store.update(workbench, revision),
    });
    return { world, first, other, ports: { ...world.ports, workbenches } };
  }

  it('that has become unreadable since it was read does not prevent other repairs', async () => {
    const { world, first, other, ports } = await withFailingUpdate(
      (key) => new UnreadableRecord(key, 'newer'),
    );
    world.tasks.describe = async (ids) => ids.map((taskId) => ({ taskId, missing: true }));
    const report = await sweepActive(ports, world.policy);
    expect(report).toMatchObject({ checked: 2, repaired: 1, failed: 0 });
    expect(report.findings).toContainEqual({
      ...{ id: first.workbenchId, what: 'record_unreadable' },
      why: 'The record of its workbench is unreadable.',
    });
    expect(world.telemetry.counts.get('unreadable_record')).toBe(1);
    expect(await world.read(other)).toHaveProperty('run.missingSince');
  });

  it('for which the life cycle throws does not prevent other repairs, and is logged', async () => {
    const { world, first, ports } = await withFailingUpdate(() => new TypeError('a bug'));
    world.tasks.describe = async (ids) => ids.map((taskId) => ({ taskId, missing: true }));
    expect(await sweepActive(ports, world.policy)).toMatchObject({ checked: 2, repaired: 1, failed: 1 });
    expect(world.telemetry.fields.get('could not apply an observation')).toEqual({
      ...{ workbenchId: first.workbenchId, id: first.workbenchId },
    });
  });

  it('that fails does not keep other unexpected tasks from being added to their records', async () => {
    const { world, first, other, ports } = await withFailingUpdate(
      (key) => new UnreadableRecord(key, 'newer'),
    );
    await world.tasks.run(anUnexpectedTask(first), 'token 1');
    await world.tasks.run(anUnexpectedTask(other), 'token 2');
    const report = await sweepTasks(ports, world.policy, GRACE);
    expect(report.findings.map(({ what }) => what)).toEqual(['record_unreadable', 'repaired']);
  });

  it('with continuing revision conflicts does not prevent the check of other hosts', async () => {
    const world = new MemoryWorld({ events: false });
    const keys = [await world.create(DEDICATED), await world.create(DEDICATED)];
    for (const key of keys) await world.waitForStatus(key, 'running');
    const { hosts: listed } = await world.hosts.list();
    const hosts = overrideMethods(world.hosts, {
      list: async () => ({ hosts: listed.map((host) => ({ ...host, agentConnected: false })) }),
      describe: async (ids) =>
        ids.map((instanceId) => ({ instanceId, state: 'terminated', agentConnected: false })),
    });
    const workbenches = overrideMethods(world.stores.workbenches, { update: async () => 'conflict' });
    const report = await sweepHosts({ ...world.ports, hosts, workbenches }, world.policy, GRACE);
    expect(report).toMatchObject({ checked: 2, failed: 2 });
    expect(report.findings[1]?.why).toBe('The record could not be written because of revision conflicts.');
  });
});

describe('a terminated host', () => {
  it('counts as deleted although the history of its workbench cannot be written', async () => {
    const world = new MemoryWorld({ events: false });
    const { userId, workbenchId } = await world.create();
    const ended: string[] = [];
    const hosts: HostFleet = overrideMethods(world.hosts as HostFleet, {
      list: async () => ({
        hosts: [
          { instanceId: 'i-9', userId, workbenchId, launchedAt: 0, state: 'running', agentConnected: true },
        ],
      }),
      terminate: async (id) => {
        ended.push(id);
      },
    });
    await world.clock.advanceAsync(GRACE.graceMs);
    const no = () => Promise.reject(new PortError('unavailable', 'no table'));
    const workbenches = overrideMethods(world.stores.workbenches, { update: no });
    const report = await sweepHosts({ ...world.ports, hosts, workbenches }, world.policy, GRACE);
    expect([ended, report.deleted, report.failed]).toEqual([['i-9'], 1, 0]);
    expect(world.telemetry.countsBy.get('repair.orphan_host')).toBe(1);
    expect(world.telemetry.fields.get('could not add a repair to the history')).toEqual({
      workbenchId,
      id: 'i-9',
    });
  });
});
