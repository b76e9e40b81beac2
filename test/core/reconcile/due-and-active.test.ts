import { describe, expect, it } from 'vitest';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { sweepDue } from '#core/reconcile/sweep-due.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

describe('the pass over what is due', () => {
  it('wakes what is due and reads nothing else', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 20; i += 1) await world.waitForStatus(await world.create(), 'running');
    const due = [await world.create(), await world.create()];
    while (world.queue.takeDue()) {} // every message is lost
    let reads = 0;
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: async () => {
        reads += 1;
        return undefined;
      },
    });
    expect(await sweepDue({ ...world.ports, workbenches }, { limit: 100 })).toEqual({
      enqueued: 2,
      more: false,
    });
    expect(reads).toBe(0);
    for (const key of due) await world.waitForStatus(key, 'running');
  });

  it('stops at its limit and says that there is more', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 5; i += 1) await world.create();
    expect(await sweepDue(world.ports, { limit: 3 })).toEqual({ enqueued: 3, more: true });
    const message = 'more records are due than one sweep enqueues';
    expect(world.telemetry.lines).toEqual([{ level: 'warn', message }]);
    expect(world.telemetry.fields.get(message)).toEqual({ enqueued: 3 });
  });

  it('counts what it wakes, and has nothing to say when that is all', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 2; i += 1) await world.create();
    await sweepDue(world.ports, { limit: 3 });
    expect(world.telemetry.lines).toEqual([]);
    expect([...world.telemetry.counts]).toEqual([['due_enqueued', 2]]);
  });

  it('finds nothing due when everything is settled', async () => {
    const world = new MemoryWorld();
    await world.waitForStatus(await world.create(), 'running');
    world.clock.advance(24 * 60 * 60_000);
    expect(await sweepDue(world.ports, { limit: 10 })).toEqual({ enqueued: 0, more: false });
  });
});

describe('the pass over what is active', () => {
  it('changes nothing when everything is as recorded', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 3; i += 1) await world.waitForStatus(await world.create(), 'running');
    await world.waitForStatus(await world.create({ dedicatedInstanceType: 'm7i.large' }), 'running');
    expect(await sweepActive(world.ports, world.policy)).toMatchObject({
      checked: 4,
      repaired: 0,
      waiting: 0,
    });
  });

  it('finds a dedicated machine that was lost without an event', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    await world.hosts.terminate(key.host?.instanceId ?? '');
    await world.clock.advanceAsync(5000);
    expect(await sweepActive(world.ports, world.policy)).toMatchObject({ repaired: 1 });
    expect(await world.read(key)).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });

  it('holds each record against its own machine', async () => {
    const world = new MemoryWorld({ events: false });
    const own = { dedicatedInstanceType: 'm7i.large' };
    await world.waitForStatus(await world.create(own), 'running');
    const lost = await world.waitForStatus(await world.create(own), 'running');
    await world.hosts.terminate(lost.host?.instanceId ?? '');
    await world.clock.advanceAsync(5000);
    await sweepActive(world.ports, world.policy);
    expect(await world.read(lost)).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });

  it('wakes nobody for what is as recorded, though it is due', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(await world.create(), 'provisioning');
    while (world.queue.takeDue()) {}
    const left = world.queue.size;
    await sweepActive(world.ports, world.policy);
    await sweepActive(world.ports, world.policy);
    expect((await world.read(key)).status).toBe('provisioning');
    expect([world.queue.takeDue(), world.queue.size - left]).toEqual([undefined, 0]);
  });

  it('goes on past a record that cannot be read', async () => {
    const world = new MemoryWorld();
    const poisoned = await world.waitForStatus(await world.create(), 'running');
    await world.waitForStatus(await world.create(), 'running');
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      read: async (key) => {
        if (key.workbenchId === poisoned.workbenchId) throw new UnreadableRecord(key, 'nonsense');
        return store.read(key);
      },
    });
    expect(await sweepActive({ ...world.ports, workbenches }, world.policy)).toMatchObject({
      checked: 1,
      repaired: 0,
      waiting: 1,
      findings: [
        {
          id: poisoned.workbenchId,
          what: 'record_unreadable',
          why: 'The record of its workbench cannot be read.',
        },
      ],
    });
    expect(world.telemetry.lines).toContainEqual({ level: 'error', message: 'record unreadable' });
    expect(world.telemetry.fields.get('record unreadable')).toEqual({
      workbenchId: poisoned.workbenchId,
      id: poisoned.workbenchId,
    });
    // Settled as it is, nobody else would ever meet it.
    expect(world.telemetry.counts.get('unreadable_record')).toBe(1);
  });

  it('asks once for the tasks of a page and once for its machines, and for none where there is none', async () => {
    const world = new MemoryWorld();
    const asked: string[][] = [];
    const ports = {
      ...world.ports,
      tasks: overrideMethods(world.tasks, {
        describe: async (ids) => {
          asked.push([...ids]);
          return world.tasks.describe(ids);
        },
      }),
      hosts: overrideMethods(world.hosts, {
        describe: async (ids) => {
          asked.push([...ids]);
          return world.hosts.describe(ids);
        },
      }),
    };
    await world.create();
    expect(await sweepActive(ports, world.policy)).toMatchObject({ checked: 1 });
    expect(asked).toEqual([]);
    for (let i = 0; i < 2; i += 1) await world.waitForStatus(await world.create(), 'running');
    const own = { dedicatedInstanceType: 'm7i.large' };
    const { host } = await world.waitForStatus(await world.create(own), 'running');
    await sweepActive(ports, world.policy);
    expect(asked.map((ids) => ids.length)).toEqual([4, 1]);
    expect(asked[1]).toEqual([host?.instanceId]);
  });

  it('leaves alone what was changed or deleted since it was listed', async () => {
    const world = new MemoryWorld();
    const workbenches = overrideMethods(world.stores.workbenches, {
      listActive: async () => ({ keys: [{ userId: 'ada', workbenchId: 'gone' }] }),
    });
    expect(await sweepActive({ ...world.ports, workbenches }, world.policy)).toMatchObject({
      ...{ checked: 0, repaired: 0, waiting: 0, failed: 0 },
    });
  });
});
