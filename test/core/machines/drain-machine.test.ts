import { describe, expect, it } from 'vitest';
import { cancelDrain, drainMachine } from '#core/machines/drain-machine.ts';
import { PortError } from '#core/ports/port-error.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { keyOf, runOf } from '#core/workbench/workbench.ts';
import { acceptedRun, aHost, idAt, running, stopped, T0 } from '#test/builders/workbench.ts';
import { aMachine } from '#test/memory/memory-machine-inventory.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const ONE = running({ workbenchId: idAt(T0, 1), run: acceptedRun({ taskId: 'task-1' }) });
const TWO = running({ workbenchId: idAt(T0, 2), run: acceptedRun({ taskId: 'task-2' }) });

async function aWorld() {
  const world = new MemoryWorld();
  world.machines.machines.push(aMachine());
  await world.stores.workbenches.create(ONE);
  await world.stores.workbenches.create(TWO);
  const tasks = [ONE, TWO].map((workbench, n) => ({ ...keyOf(workbench), taskId: `task-${n + 1}` }));
  world.machines.tasks.set('i-1', tasks);
  const until = world.clock.now() + 60_000;
  return { world, until, by: 'ops' };
}

describe('the drain of a machine', () => {
  it('is stored, stops placement, and informs each workbench on the machine', async () => {
    const { world, until, by } = await aWorld();
    const since = world.clock.now();
    const drain = await drainMachine(world.ports, world.policy, 'i-1', { until, by });
    const stored = { machineId: 'i-1', dedicated: false, containerInstance: 'ci-1', since, until };
    expect(drain).toEqual({ ...stored, requestedBy: 'ops' });
    expect(await world.stores.drains.list()).toEqual([drain]);
    expect((await world.machines.find('i-1'))?.state).toBe('draining');
    for (const workbench of [ONE, TWO]) {
      const record = await world.read(workbench);
      expect(runOf(record)).toMatchObject({ interruption: { kind: 'drain', until } });
      expect(statusDetail(record)).toBe('machine_draining');
      expect(record.outbox).toMatchObject([{ type: 'drain_announced' }]);
    }
  });

  it('stops placement before it lists the tasks, so that no later task is missed', async () => {
    const { world, by } = await aWorld();
    world.machines.listTasks = async ({ machineId }) => {
      expect((await world.machines.find(machineId))?.state).toBe('draining');
      return [];
    };
    await drainMachine(world.ports, world.policy, 'i-1', { by });
    expect.assertions(1);
  });

  it('that is repeated replaces the time, and keeps the beginning', async () => {
    const { world, until, by } = await aWorld();
    const { since } = await drainMachine(world.ports, world.policy, 'i-1', { until, by });
    world.clock.advance(1000);
    const again = await drainMachine(world.ports, world.policy, 'i-1', { until: until + 5, by });
    expect(again).toMatchObject({ since, until: until + 5 });
    expect(runOf(await world.read(ONE))).toMatchObject({ interruption: { until: until + 5 } });
  });

  it('informs the others if the record of one workbench cannot be written, and fails then', async () => {
    const { world, by } = await aWorld();
    const { update } = world.stores.workbenches;
    world.stores.workbenches.update = async (record, revision) => {
      if (record.workbenchId === ONE.workbenchId) throw new PortError('unavailable', 'test');
      return update.call(world.stores.workbenches, record, revision);
    };
    await expect(drainMachine(world.ports, world.policy, 'i-1', { by })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(statusDetail(await world.read(TWO))).toBe('machine_draining');
    expect(await world.stores.drains.list()).toHaveLength(1);
  });

  it('of an unknown machine is refused, and nothing is stored', async () => {
    const { world, by } = await aWorld();
    const unknown = drainMachine(world.ports, world.policy, 'i-9', { by });
    await expect(unknown).rejects.toMatchObject({ code: 'machine_not_found' });
    expect(await world.stores.drains.list()).toEqual([]);
  });

  it('of a host concerns its record alone: ECS does not drain it', async () => {
    const { world, until, by } = await aWorld();
    const host = aHost({ instanceId: 'i-host' });
    const record = running({ workbenchId: idAt(T0, 3), host, run: acceptedRun({ taskId: 'task-3' }) });
    await world.stores.workbenches.create(record);
    world.machines.machines.push(aMachine({ machineId: 'i-host', dedicated: true }));
    expect(await drainMachine(world.ports, world.policy, 'i-host', { until, by })).toMatchObject({
      dedicated: true,
    });
    expect(await world.read(record)).toMatchObject({
      host: { drained: true },
      run: { interruption: { kind: 'drain', until } },
    });
    expect((await world.machines.find('i-host'))?.state).toBe('active');
    await cancelDrain(world.ports, world.policy, 'i-host');
    const after = await world.read(record);
    expect(after.host).not.toHaveProperty('drained');
    expect(runOf(after)).not.toHaveProperty('interruption');
  });

  it('is taken back: the machine takes workbenches, and those on it are not stopped', async () => {
    const { world, until, by } = await aWorld();
    await drainMachine(world.ports, world.policy, 'i-1', { until, by });
    await cancelDrain(world.ports, world.policy, 'i-1');
    expect(await world.stores.drains.list()).toEqual([]);
    expect((await world.machines.find('i-1'))?.state).toBe('active');
    const record = await world.read(ONE);
    expect(statusDetail(record)).toBeUndefined();
    expect(record.outbox.map(({ type }) => type)).toEqual(['drain_announced', 'drain_cancelled']);
  });
});

describe('a drained host', () => {
  it('of a stopped workbench is terminated, and the next start launches another', async () => {
    const world = new MemoryWorld();
    const workbench = await world.create({ dedicatedInstanceType: 'm7i.large' });
    const first = (await world.waitForStatus(workbench, 'running')).host?.instanceId ?? '';
    await drainMachine(world.ports, world.policy, first, { until: world.clock.now() + 60_000, by: 'ops' });
    const after = await world.waitForStatus(workbench, 'stopped');
    expect(after).toMatchObject({ reason: { code: 'machine_drained' } });
    await world.waitUntil(workbench, (record) => record?.host === undefined);
    expect(stopped().status).toBe(after.status);
  });
});
