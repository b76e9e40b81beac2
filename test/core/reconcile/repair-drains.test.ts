import { describe, expect, it } from 'vitest';
import { repairDrains } from '#core/reconcile/repair-drains.ts';
import { ReportDraft } from '#core/reconcile/report.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { runOf } from '#core/workbench/workbench.ts';
import { aHost, running } from '#test/builders/workbench.ts';
import { aDrain } from '#test/contracts/drain-store.ts';
import { aMachine } from '#test/memory/memory-machine-inventory.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const GRACE = { graceMs: 60_000 };

async function repair(world: MemoryWorld) {
  const draft = new ReportDraft('cluster', world.clock.now());
  await repairDrains(world.ports, GRACE, draft);
  return draft.end(world.clock.now()).findings;
}

describe('the repair of drains', () => {
  it('drains a machine again that takes workbenches although an operator empties it', async () => {
    const world = new MemoryWorld();
    world.machines.machines.push(aMachine());
    await world.stores.drains.put(aDrain());
    expect(await repair(world)).toMatchObject([{ id: 'i-1', what: 'repaired', kind: 'drain' }]);
    expect((await world.machines.find('i-1'))?.state).toBe('draining');
    expect(await repair(world)).toEqual([]);
  });

  it('leaves a machine alone whose drain is taken back meanwhile', async () => {
    const world = new MemoryWorld();
    world.machines.machines.push(aMachine());
    await world.stores.drains.put(aDrain());
    const { list } = world.machines;
    world.machines.list = async () => {
      await world.stores.drains.remove('i-1');
      return list.call(world.machines);
    };
    expect(await repair(world)).toEqual([]);
    expect((await world.machines.find('i-1'))?.state).toBe('active');
  });

  it('removes the drain of a machine that no longer exists, after the grace period', async () => {
    const world = new MemoryWorld();
    await world.stores.drains.put(aDrain({ since: world.clock.now() }));
    expect(await repair(world)).toEqual([]);
    world.clock.advance(GRACE.graceMs);
    world.machines.complete = false;
    expect(await repair(world)).toEqual([]);
    world.machines.complete = true;
    expect(await repair(world)).toMatchObject([{ id: 'i-1', what: 'deleted' }]);
    expect(await world.stores.drains.list()).toEqual([]);
  });

  it('keeps the drain of a host that is not registered, and does not drain hosts at ECS', async () => {
    const world = new MemoryWorld();
    await world.stores.workbenches.create(running({ host: aHost({ instanceId: 'i-1' }) }));
    await world.stores.drains.put(aDrain({ dedicated: true, since: 0 }));
    expect(await repair(world)).toEqual([]);
    world.machines.machines.push(aMachine({ dedicated: true }));
    expect(await repair(world)).toEqual([]);
    expect(await world.stores.drains.list()).toHaveLength(1);
  });

  it('makes no call to the cluster without a drain', async () => {
    const world = new MemoryWorld();
    await repair(world);
    expect(world.machines.calls).toBe(0);
  });
});

describe('the sweep of active records', () => {
  it('informs a workbench of the drain of its machine, and that it was taken back', async () => {
    const world = new MemoryWorld({ events: false });
    const workbench = await world.create();
    await world.waitForStatus(workbench, 'running');
    const containerInstance = (runOf(await world.read(workbench)) as { containerInstance?: string })
      .containerInstance;
    const { containerInstance: _ci, ...drain } = aDrain();
    await world.stores.drains.put({
      ...drain,
      ...(containerInstance === undefined ? {} : { containerInstance }),
      until: world.clock.now() + 3_600_000,
    });
    const report = await sweepActive(world.ports, world.policy);
    expect(report).toMatchObject({ repaired: 1, findings: [{ kind: 'drain' }] });
    expect(runOf(await world.read(workbench))).toMatchObject({ interruption: { kind: 'drain' } });
    await world.stores.drains.remove('i-1');
    await sweepActive(world.ports, world.policy);
    expect(runOf(await world.read(workbench))).not.toHaveProperty('interruption');
  });
});
