import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { HISTORY_ENTRIES_MAX } from '#core/ports/workbench-store.ts';
import {
  restartWorkbench,
  startWorkbench,
  stopWorkbench,
  updateWorkbench,
} from '#core/workbench/commands.ts';
import { observeHost, observeTask } from '#core/workbench/observe.ts';
import { getWorkbench, listHistory, listWorkbenches } from '#core/workbench/queries.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { aHistoryEntry } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const GONE = { userId: 'ada', workbenchId: 'gone' };
const DEDICATED = { dedicatedInstanceType: 'm7i.large' };
const NOT_FOUND = { code: 'workbench_not_found', message: 'There is no such workbench.' };

async function aRunningOne(request = {}) {
  const world = new MemoryWorld();
  const key = await world.waitForStatus(await world.create(request), 'running');
  drainQueue(world);
  return { world, key };
}

/** Takes every message that is due, and says how many were left for later. */
function drainQueue(world: MemoryWorld): number {
  while (world.queue.takeDue()) {}
  return world.queue.size;
}

describe('a request that changes something', () => {
  it('sends the key, due when there is something to do', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('that was made already sends the key again while it is due: the first may have been lost', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    drainQueue(world);
    const again = await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect(again.status).toBe('stopping');
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('that changes nothing of what is at rest sends nothing', async () => {
    const { world, key } = await aRunningOne();
    const left = drainQueue(world);
    expect(await startWorkbench(world.ports, world.policy, key, 'ada')).toEqual(await world.read(key));
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
  });

  it('that changes nothing of what is due later sends nothing: somebody has an appointment', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.drive(key);
    const left = drainQueue(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
  });

  it('sends the key although the clock was set back since it was written', async () => {
    const { world, key } = await aRunningOne();
    let looks = 0;
    const clock = { now: () => world.clock.now() - (++looks > 1 ? 5 : 0) };
    await stopWorkbench({ ...world.ports, clock }, world.policy, key, 'ada');
    expect(world.queue.size).toBeGreaterThan(0);
    expect(await world.read(key)).toMatchObject({ status: 'stopping' });
    world.clock.advance(1000);
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('of what is not there is told so', async () => {
    const world = new MemoryWorld();
    for (const request of [stopWorkbench, startWorkbench, restartWorkbench])
      await expect(request(world.ports, world.policy, GONE, 'ada')).rejects.toMatchObject(NOT_FOUND);
    await expect(getWorkbench(world.ports, GONE)).rejects.toMatchObject(NOT_FOUND);
    await expect(listHistory(world.ports, GONE)).rejects.toMatchObject(NOT_FOUND);
  });
});

describe('a forced stop', () => {
  const forced = async (request: object, admin: boolean) => {
    const { world, key } = await aRunningOne(request);
    return stopWorkbench(world.ports, world.policy, key, 'ops', { admin });
  };

  it('on a shared machine is for admins: others may be on it', async () => {
    await expect(forced({}, false)).rejects.toMatchObject({
      code: 'forbidden',
      reason: 'admin_required',
      message: 'It shares its machine with others: only an admin may force its stop.',
    });
    expect(await forced({}, true)).toMatchObject({ status: 'stopping', forced: true });
  });

  it('on a machine of its own is for its user', async () => {
    expect(await forced(DEDICATED, false)).toMatchObject({ status: 'stopping', forced: true });
  });

  it('is not what a stop is that does not say so', async () => {
    const { world, key } = await aRunningOne();
    expect(await stopWorkbench(world.ports, world.policy, key, 'ada')).not.toHaveProperty('forced');
  });
});

describe('a restart', () => {
  it('of what is stopped is a start', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    const { status } = await restartWorkbench(world.ports, world.policy, key, 'ada');
    expect(status).toBe('starting');
  });
});

describe('an update', () => {
  const tooLarge = { memoryMib: 10 ** 6 };

  it('of the name needs no place for its size', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    const catalog = overrideMethods(world.ports.catalog, { providers: async () => [] });
    const ports = { ...world.ports, catalog };
    const renamed = await updateWorkbench(ports, world.policy, key, { name: 'Other' }, 'ada');
    expect(renamed.name).toBe('Other');
  });

  it('of the size while it runs is refused for that, whatever the size', async () => {
    const { world, key } = await aRunningOne();
    await expect(updateWorkbench(world.ports, world.policy, key, tooLarge, 'ada')).rejects.toMatchObject({
      code: 'not_stopped',
    });
  });

  it('sends the key when something has changed, for the history, and nothing otherwise', async () => {
    const { world, key } = await aRunningOne();
    await updateWorkbench(world.ports, world.policy, key, { name: 'Other' }, 'ada');
    expect(world.queue.takeDue()).toEqual(keyOf(key));
    await world.deliver();
    await world.drive(key);
    const left = drainQueue(world);
    await updateWorkbench(world.ports, world.policy, key, { name: 'Other' }, 'ada');
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
  });

  it('that changes nothing of what is due sends nothing: somebody has an appointment', async () => {
    const world = new MemoryWorld();
    const key = await world.create({ name: 'Mine' });
    drainQueue(world);
    await updateWorkbench(world.ports, world.policy, key, { name: 'Mine' }, 'ada');
    expect(world.queue.size).toBe(0);
  });

  it('of what is deleted meanwhile is told so', async () => {
    const { world, key } = await aRunningOne();
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: async () => {
        await store.delete(key, (await world.read(key)).revision);
        return 'conflict';
      },
    });
    await expect(
      updateWorkbench({ ...world.ports, workbenches }, world.policy, key, { name: 'Other' }, 'ada'),
    ).rejects.toMatchObject(NOT_FOUND);
  });
});

describe('the history of a workbench', () => {
  it('is what was written and what still waits, newest first, each once, and no more than is kept', async () => {
    const { world, key } = await aRunningOne();
    const entry = (seq: number) => aHistoryEntry({ seq });
    const record: Workbench = { ...(await world.read(key)), outbox: [entry(149), entry(150)] };
    const ports = {
      workbenches: { read: async () => record },
      history: { list: async () => Array.from({ length: HISTORY_ENTRIES_MAX }, (_, n) => entry(149 - n)) },
    };
    const seqs = (await listHistory(ports, key)).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: HISTORY_ENTRIES_MAX }, (_, n) => 150 - n));
  });
});

describe('the workbenches of a user', () => {
  it('are theirs alone, a page at a time', async () => {
    const world = new MemoryWorld();
    const first = await world.create();
    await world.create({}, 'grace');
    expect((await listWorkbenches(world.ports, 'ada', { limit: 10 })).workbenches).toEqual([first]);
  });
});

describe('an event', () => {
  const task: TaskObservation = {
    ...{ taskId: 'task-9', runId: 'run-9', attempt: 1, version: 1, status: 'running' },
    ...GONE,
  };

  it('of a task whose workbench is no more names both', async () => {
    const world = new MemoryWorld();
    await observeTask(world.ports, world.policy, GONE, task);
    const message = 'live task without a record';
    expect(world.telemetry.lines).toEqual([{ level: 'warn', message }]);
    expect(world.telemetry.fields.get(message)).toEqual({
      workbenchId: 'gone',
      taskId: 'task-9',
      runId: 'run-9',
    });
  });

  it('that is taken in reports nothing, and sends the key', async () => {
    const { world, key } = await aRunningOne();
    const unexpectedTask = { ...task, userId: key.userId, workbenchId: key.workbenchId };
    await observeTask(world.ports, world.policy, key, unexpectedTask);
    expect(world.telemetry.counts.get('orphan_task_observed')).toBeUndefined();
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('that is no news of what is due sends nothing: somebody has an appointment', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    drainQueue(world);
    const stopped = { ...task, ...keyOf(key), status: 'stopped' } as const;
    await observeTask(world.ports, world.policy, key, stopped);
    expect(world.queue.size).toBe(0);
  });

  it('of what is deleted while it is taken in is of no use any more', async () => {
    const { world, key } = await aRunningOne();
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: async () => {
        await store.delete(key, (await world.read(key)).revision);
        return 'conflict';
      },
    });
    const unexpectedTask = { ...task, ...keyOf(key), status: 'stopping' } as const;
    expect(
      await observeTask({ ...world.ports, workbenches }, world.policy, key, unexpectedTask),
    ).toBeUndefined();
  });

  it('of a machine that is not as recorded sends the key', async () => {
    const { world, key } = await aRunningOne(DEDICATED);
    const instanceId = key.host?.instanceId ?? '';
    const host = { instanceId, state: 'running', agentConnected: true } as const;
    const left = world.queue.size;
    await observeHost(world.ports, world.policy, key, host);
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
    await observeHost(world.ports, world.policy, key, { ...host, state: 'stopping' });
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });
});
