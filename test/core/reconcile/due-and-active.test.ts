import { describe, expect, it } from 'vitest';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { FAR_AHEAD_MS, sweepDue } from '#core/reconcile/sweep-due.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

describe('sweepDue', () => {
  it('enqueues the due records and reads nothing else', async () => {
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

  it('stops at its limit and returns that there are more', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 5; i += 1) await world.create();
    expect(await sweepDue(world.ports, { limit: 3 })).toEqual({ enqueued: 3, more: true });
    const message = 'more records are due than one sweep enqueues';
    expect(world.telemetry.lines).toEqual([{ level: 'warn', message }]);
    expect(world.telemetry.fields.get(message)).toEqual({ enqueued: 3 });
  });

  it('counts the enqueued records, and logs nothing if these were all', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 2; i += 1) await world.create();
    await sweepDue(world.ports, { limit: 3 });
    expect(world.telemetry.lines).toEqual([]);
    expect([...world.telemetry.counts]).toEqual([['due_enqueued', 2]]);
  });

  it('enqueues what was due before the clock was set back, if it queries far ahead', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    while (world.queue.takeDue()) {}
    world.clock.set(-FAR_AHEAD_MS);
    expect(await sweepDue(world.ports, { limit: 10, farAhead: true })).toMatchObject({ enqueued: 0 });
    world.clock.set(-1);
    expect(await sweepDue(world.ports, { limit: 10 })).toMatchObject({ enqueued: 0 });
    expect(world.telemetry.lines).toEqual([]);
    expect(await sweepDue(world.ports, { limit: 10, farAhead: true })).toMatchObject({ enqueued: 1 });
    const message = 'records that are due much later are driven, in case the clock was set back';
    expect(world.telemetry.fields.get(message)).toEqual({ count: 1 });
    // The alarm about due records must not count it.
    expect(world.telemetry.counts.get('due_enqueued')).toBe(0);
    await world.waitForStatus(key, 'running', 60_000);
  });

  it('enqueues nothing when every record is settled', async () => {
    const world = new MemoryWorld();
    await world.waitForStatus(await world.create(), 'running');
    world.clock.advance(24 * 60 * 60_000);
    expect(await sweepDue(world.ports, { limit: 10, farAhead: true })).toEqual({
      ...{ enqueued: 0, more: false },
    });
  });
});

describe('sweepActive', () => {
  it('changes nothing if every record matches AWS', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 3; i += 1) await world.waitForStatus(await world.create(), 'running');
    await world.waitForStatus(await world.create({ dedicatedInstanceType: 'm7i.large' }), 'running');
    expect(await sweepActive(world.ports, world.policy)).toMatchObject({
      checked: 4,
      repaired: 0,
      waiting: 0,
    });
  });

  it('detects a host that was lost without an event', async () => {
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

  it('compares each record with its own host', async () => {
    const world = new MemoryWorld({ events: false });
    const own = { dedicatedInstanceType: 'm7i.large' };
    await world.waitForStatus(await world.create(own), 'running');
    const lost = await world.waitForStatus(await world.create(own), 'running');
    await world.hosts.terminate(lost.host?.instanceId ?? '');
    await world.clock.advanceAsync(5000);
    await sweepActive(world.ports, world.policy);
    expect(await world.read(lost)).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });

  it('enqueues no record that matches AWS, although it is due', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(await world.create(), 'provisioning');
    while (world.queue.takeDue()) {}
    const left = world.queue.size;
    await sweepActive(world.ports, world.policy);
    await sweepActive(world.ports, world.policy);
    expect((await world.read(key)).status).toBe('provisioning');
    expect([world.queue.takeDue(), world.queue.size - left]).toEqual([undefined, 0]);
  });

  it('continues after an unreadable record', async () => {
    const world = new MemoryWorld();
    const unreadable = await world.waitForStatus(await world.create(), 'running');
    await world.waitForStatus(await world.create(), 'running');
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      read: async (key) => {
        if (key.workbenchId === unreadable.workbenchId) throw new UnreadableRecord(key, 'nonsense');
        return store.read(key);
      },
    });
    expect(await sweepActive({ ...world.ports, workbenches }, world.policy)).toMatchObject({
      checked: 1,
      repaired: 0,
      waiting: 1,
      findings: [
        {
          id: unreadable.workbenchId,
          what: 'record_unreadable',
          why: 'The record of its workbench is unreadable.',
        },
      ],
    });
    expect(world.telemetry.lines).toContainEqual({
      level: 'error',
      message: 'record is unreadable; skipped',
    });
    expect(world.telemetry.fields.get('record is unreadable; skipped')).toEqual({
      workbenchId: unreadable.workbenchId,
      id: unreadable.workbenchId,
    });
    // The record is settled, so nothing else would read it.
    expect(world.telemetry.counts.get('unreadable_record')).toBe(1);
  });

  it('describes the tasks of a page by one call and its hosts by another, and makes no call for none', async () => {
    const world = new MemoryWorld();
    const calls: string[][] = [];
    const ports = {
      ...world.ports,
      tasks: overrideMethods(world.tasks, {
        describe: async (ids) => {
          calls.push([...ids]);
          return world.tasks.describe(ids);
        },
      }),
      hosts: overrideMethods(world.hosts, {
        describe: async (ids) => {
          calls.push([...ids]);
          return world.hosts.describe(ids);
        },
      }),
    };
    await world.create();
    expect(await sweepActive(ports, world.policy)).toMatchObject({ checked: 1 });
    expect(calls).toEqual([]);
    for (let i = 0; i < 2; i += 1) await world.waitForStatus(await world.create(), 'running');
    const own = { dedicatedInstanceType: 'm7i.large' };
    const { host } = await world.waitForStatus(await world.create(own), 'running');
    await sweepActive(ports, world.policy);
    expect(calls.map((ids) => ids.length)).toEqual([4, 1]);
    expect(calls[1]).toEqual([host?.instanceId]);
  });

  it('ignores records that were changed or deleted since they were listed', async () => {
    const world = new MemoryWorld();
    const workbenches = overrideMethods(world.stores.workbenches, {
      listActive: async () => ({ keys: [{ userId: 'ada', workbenchId: 'gone' }] }),
    });
    expect(await sweepActive({ ...world.ports, workbenches }, world.policy)).toMatchObject({
      ...{ checked: 0, repaired: 0, waiting: 0, failed: 0 },
    });
  });
});
