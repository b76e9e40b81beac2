import { describe, expect, it } from 'vitest';
import { moveWorkbench } from '#core/workbench/change-owner.ts';
import { startWorkbench, stopWorkbench, updateWorkbench } from '#core/workbench/commands.ts';
import { observeTask } from '#core/workbench/observe.ts';
import { scheduleDrive, updateRecord } from '#core/workbench/update-record.ts';
import { type AcceptedRun, OUTBOX_MAX, runOf } from '#core/workbench/workbench.ts';
import { aHost, stopped } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const GONE = { userId: 'ada', workbenchId: 'gone' };

describe('updateRecord', () => {
  it('retries with the newer record after a revision conflict', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((name) =>
        updateWorkbench(world.ports, world.policy, key, { name }, 'ada'),
      ),
    );
    const after = await world.read(key);
    expect(after.revision).toBeGreaterThanOrEqual(key.revision + 5);
    expect(after.historySeq).toBe(key.historySeq + 5);
  });

  it('fails with a retryable error after too many revision conflicts', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    let tries = 0;
    const workbenches = overrideMethods(world.stores.workbenches, {
      update: async () => {
        tries += 1;
        return 'conflict';
      },
    });
    await expect(
      stopWorkbench({ ...world.ports, workbenches }, world.policy, key, 'ada'),
    ).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The workbench is being changed by other requests. Try again.',
      reason: 'conflict',
      retryAfterSeconds: 1,
      detail: `20 revision conflicts on ${key.workbenchId}`,
    });
    expect(tries).toBe(20);
  });

  it('writes nothing if nothing changes', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    const before = await world.read(key);
    const after = await updateRecord(world.ports, world.policy, key, () => ({ type: 'tick' }), before);
    expect(after).toBe(before);
    expect((await world.read(key)).revision).toBe(before.revision);
  });

  it('makes one write while the outbox has a free place, and writes the history first if it is full', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await world.drive(key);
    let [updates, reads] = [0, 0];
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: (...args) => {
        reads += 1;
        return world.stores.workbenches.read(...args);
      },
      update: (...args) => {
        updates += 1;
        return world.stores.workbenches.update(...args);
      },
    });
    const rename = async (name: string) =>
      updateRecord({ ...world.ports, workbenches }, world.policy, key, () => ({
        ...{ type: 'update', by: 'ada' },
        changes: { name },
      }));
    for (let n = 1; n <= OUTBOX_MAX; n += 1) expect((await rename(`${n}`))?.outbox).toHaveLength(n);
    expect(updates).toBe(OUTBOX_MAX);
    const written = (await world.stores.history.list(key.workbenchId)).length;
    expect((await rename('more'))?.outbox).toHaveLength(1);
    expect([updates, reads]).toEqual([OUTBOX_MAX + 2, OUTBOX_MAX + 1]);
    expect(await world.stores.history.list(key.workbenchId)).toHaveLength(written + OUTBOX_MAX);
  });

  it('reads the record again after a conflict between writing the history and writing the record', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await world.drive(key);
    const rename = (name: string, ports = world.ports) =>
      updateRecord(ports, world.policy, key, () => ({ type: 'update', changes: { name }, by: 'ada' }));
    for (let n = 1; n <= OUTBOX_MAX; n += 1) await rename(`${n}`);
    let updates = 0;
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: async (workbench, revision) => {
        updates += 1;
        if (updates === 1) await rename('of another');
        return store.update(workbench, revision);
      },
    });
    const after = await rename('second', { ...world.ports, workbenches });
    expect(after).toMatchObject({ name: 'second' });
    expect(updates).toBe(2);
    const seqs = [...(await world.stores.history.list(key.workbenchId)), ...(after?.outbox ?? [])];
    expect(new Set(seqs.map(({ seq }) => seq)).size).toBe(after?.historySeq);
  });

  it('that loses to a change of the owner does not change what the earlier owner has been charged', async () => {
    const world = new MemoryWorld();
    const { clock, ports, policy, stores } = world;
    const host = aHost({ state: 'stopped', diskRate: 3_600_000 });
    const meter = { seq: 1, since: clock.now(), rate: 3_600_000, micros: 0, ms: 0 };
    const old = stopped({ host, meter });
    await stores.workbenches.create(old);
    clock.set(60_000);
    await moveWorkbench(ports, policy, old, 'grace', 'admin', async () => {});
    const charged = [{ userId: old.userId, month: '2030-01', seq: 1, micros: 60_000 }];
    expect(stores.usage.listAll()).toMatchObject(charged);
    clock.set(Date.UTC(2030, 1, 1, 12) - clock.now());
    const rename = () => ({ type: 'update', changes: { name: 'late' }, by: 'ada' }) as const;
    expect(await updateRecord(ports, policy, old, rename, old)).toBeUndefined();
    expect(stores.usage.listAll()).toMatchObject(charged);
  });

  it('enqueues no settled workbench', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await world.drive(key);
    while (world.queue.takeDue()) {}
    const left = world.queue.size;
    await scheduleDrive(world.ports, await world.read(key));
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
  });

  it('logs which message could not be sent, and continues', async () => {
    const world = new MemoryWorld();
    const workbench = await world.create();
    const queue = { send: () => Promise.reject(new Error('no')) };
    await scheduleDrive({ ...world.ports, queue }, workbench);
    expect(world.telemetry.lines).toEqual([{ level: 'error', message: 'could not enqueue a workbench' }]);
    expect(world.telemetry.fields.get('could not enqueue a workbench')).toEqual({
      workbenchId: workbench.workbenchId,
    });
  });

  it('rounds the delay of a message up to whole seconds, never down', async () => {
    const world = new MemoryWorld();
    const workbench = await world.create();
    while (world.queue.takeDue()) {}
    const now = world.clock.now();
    await scheduleDrive(world.ports, { ...workbench, outbox: [], nextDriveAt: now + 1500 });
    expect(world.queue.nextDueAt()).toBe(now + 2000);
  });

  it('writes the history early instead of losing entries', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    for (let i = 0; i < 10; i += 1) {
      await stopWorkbench(world.ports, world.policy, key, 'ada');
      await startWorkbench(world.ports, world.policy, key, 'ada');
      expect((await world.read(key)).outbox.length).toBeLessThanOrEqual(OUTBOX_MAX);
    }
    const { outbox } = await world.read(key);
    const written = await world.stores.history.list(key.workbenchId);
    const seqs = new Set([...written, ...outbox].map(({ seq }) => seq));
    expect(seqs.size).toBe(21);
  });

  it('returns undefined for a deleted record', async () => {
    const world = new MemoryWorld();
    expect(await updateRecord(world.ports, world.policy, GONE, () => ({ type: 'tick' }))).toBeUndefined();
  });

  it('fails with workbench_not_found for an unknown workbench', async () => {
    const world = new MemoryWorld();
    const notFound = { code: 'workbench_not_found' };
    await expect(startWorkbench(world.ports, world.policy, GONE, 'ada')).rejects.toMatchObject(notFound);
    await expect(updateWorkbench(world.ports, world.policy, GONE, {}, 'ada')).rejects.toMatchObject(notFound);
  });
});

describe('updateWorkbench', () => {
  it('refuses a size that does not fit', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await expect(
      updateWorkbench(world.ports, world.policy, key, { memoryMib: 10 ** 6 }, 'ada'),
    ).rejects.toMatchObject({ code: 'cannot_fit' });
    const changed = await updateWorkbench(
      world.ports,
      world.policy,
      key,
      { memoryMib: 8192, name: 'Big' },
      'ada',
    );
    expect(changed).toMatchObject({ name: 'Big', spec: { memoryMib: 8192, cpuUnits: 1024 } });
    await startWorkbench(world.ports, world.policy, key, 'ada');
    const run = runOf(await world.waitForStatus(key, 'running')) as AcceptedRun;
    expect(await world.tasks.describe([run.taskId])).toMatchObject([{ provider: 'large' }]);
  });
});

describe('an event', () => {
  const task = {
    taskId: 'task-9',
    ...GONE,
    runId: 'run-9',
    attempt: 1,
    version: 1,
    status: 'running',
  } as const;

  it('of a live task without a record is reported', async () => {
    const world = new MemoryWorld();
    expect(await observeTask(world.ports, world.policy, GONE, task)).toBeUndefined();
    expect(world.telemetry.counts.get('orphan_task_observed')).toBe(1);
  });

  it('of a stopped task without a record is ignored', async () => {
    const world = new MemoryWorld();
    await observeTask(world.ports, world.policy, GONE, { ...task, status: 'stopped' });
    expect(world.telemetry.lines).toEqual([]);
  });

  it('that changes nothing sends no message', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    while (world.queue.takeDue()) {} // the messages of the start
    const size = world.queue.size;
    await observeTask(world.ports, world.policy, key, { ...task, status: 'stopped' });
    expect(world.queue.size).toBe(size);
  });
});
