import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { HISTORY_ENTRIES_MAX } from '#core/ports/workbench-store.ts';
import {
  deleteWorkbench,
  restartWorkbench,
  startWorkbench,
  stopWorkbench,
  updateWorkbench,
} from '#core/workbench/commands.ts';
import { observeHost, observeTask } from '#core/workbench/observe.ts';
import { getWorkbench, listHistory, listWorkbenches } from '#core/workbench/queries.ts';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { aHistoryEntry } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const GONE = { userId: 'ada', workbenchId: 'gone' };
const DEDICATED = { dedicatedInstanceType: 'm7i.large' };
const NOT_FOUND = { code: 'workbench_not_found', message: 'There is no such workbench.' };

type Command = (
  ports: MemoryWorld['ports'],
  policy: MemoryWorld['policy'],
  key: WorkbenchKey,
  by: string,
) => Promise<unknown>;

async function aRunningOne(request = {}) {
  const world = new MemoryWorld();
  const key = await world.waitForStatus(await world.create(request), 'running');
  drainQueue(world);
  return { world, key };
}

/** Receives every due message and returns how many are left for later. */
function drainQueue(world: MemoryWorld): number {
  while (world.queue.takeDue()) {}
  return world.queue.size;
}

describe('a request whose function was frozen', () => {
  it.each([
    ['stop', stopWorkbench],
    ['restart', restartWorkbench],
    ['delete', deleteWorkbench],
    ['update', (ports, policy, key, by) => updateWorkbench(ports, policy, key, { name: 'Late' }, by)],
  ] as const satisfies readonly (readonly [string, Command])[])(
    'changes nothing when it continues: %s',
    async (_, command: Command) => {
      const { world, key } = await aRunningOne();
      const before = await world.read(key);
      const workbenches = overrideMethods(world.ports.workbenches, {
        update: async () => {
          world.clock.advance(30_000);
          return 'conflict' as const;
        },
      });
      await expect(command({ ...world.ports, workbenches }, world.policy, key, 'ada')).rejects.toMatchObject({
        ...{ code: 'unavailable', reason: 'timeout' },
      });
      expect(await world.read(key)).toEqual(before);
    },
  );
});

describe('a request that changes the record', () => {
  it('enqueues the workbench if it has a due time', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('that was applied before enqueues the workbench again while it is due, because the first message may have been lost', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    drainQueue(world);
    const again = await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect(again.status).toBe('stopping');
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('that changes nothing of a settled workbench sends no message', async () => {
    const { world, key } = await aRunningOne();
    const left = drainQueue(world);
    expect(await startWorkbench(world.ports, world.policy, key, 'ada')).toEqual(await world.read(key));
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
  });

  it('that changes nothing of a workbench with a later due time sends no message, because its writer has sent one', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.drive(key);
    const left = drainQueue(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
  });

  it('enqueues the workbench although the clock was set back since the write', async () => {
    const { world, key } = await aRunningOne();
    let readings = 0;
    const clock = { now: () => world.clock.now() - (++readings > 3 ? 5 : 0) };
    await stopWorkbench({ ...world.ports, clock }, world.policy, key, 'ada');
    expect(world.queue.size).toBeGreaterThan(0);
    expect(await world.read(key)).toMatchObject({ status: 'stopping' });
    world.clock.advance(1000);
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('for an unknown workbench fails with workbench_not_found', async () => {
    const world = new MemoryWorld();
    for (const request of [stopWorkbench, startWorkbench, restartWorkbench])
      await expect(request(world.ports, world.policy, GONE, 'ada')).rejects.toMatchObject(NOT_FOUND);
    await expect(getWorkbench(world.ports, GONE)).rejects.toMatchObject(NOT_FOUND);
    await expect(listHistory(world.ports, GONE)).rejects.toMatchObject(NOT_FOUND);
  });
});

describe('a forced stop', () => {
  const forceStop = async (request: object, admin: boolean) => {
    const { world, key } = await aRunningOne(request);
    return stopWorkbench(world.ports, world.policy, key, 'ops', { force: { admin } });
  };

  it('on a shared instance requires an admin, because other tasks may run on it', async () => {
    await expect(forceStop({}, false)).rejects.toMatchObject({
      code: 'forbidden',
      reason: 'admin_required',
      message:
        'The workbench runs on a shared instance, so a forced stop can end other workbenches. It requires the admin scope.',
    });
    expect(await forceStop({}, true)).toMatchObject({ status: 'stopping', forced: true });
  });

  it('on a host is allowed for its user', async () => {
    expect(await forceStop(DEDICATED, false)).toMatchObject({ status: 'stopping', forced: true });
  });

  it('is not implied by a normal stop', async () => {
    const { world, key } = await aRunningOne();
    expect(await stopWorkbench(world.ports, world.policy, key, 'ada')).not.toHaveProperty('forced');
  });
});

describe('a restart', () => {
  it('of a stopped workbench starts it', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    const { status } = await restartWorkbench(world.ports, world.policy, key, 'ada');
    expect(status).toBe('starting');
  });
});

describe('an update', () => {
  const tooLarge = { memoryMib: 10 ** 6 };

  it('of the name does not check the size', async () => {
    const { world, key } = await aRunningOne();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    const catalog = overrideMethods(world.ports.catalog, { providers: async () => [] });
    const ports = { ...world.ports, catalog };
    const renamed = await updateWorkbench(ports, world.policy, key, { name: 'Other' }, 'ada');
    expect(renamed.name).toBe('Other');
  });

  it('of the size of a running workbench is refused as not stopped, for any size', async () => {
    const { world, key } = await aRunningOne();
    await expect(updateWorkbench(world.ports, world.policy, key, tooLarge, 'ada')).rejects.toMatchObject({
      code: 'not_stopped',
    });
  });

  it('enqueues the workbench for the history if something changed, and sends nothing otherwise', async () => {
    const { world, key } = await aRunningOne();
    await updateWorkbench(world.ports, world.policy, key, { name: 'Other' }, 'ada');
    expect(world.queue.takeDue()).toEqual(keyOf(key));
    await world.deliver();
    await world.drive(key);
    const left = drainQueue(world);
    await updateWorkbench(world.ports, world.policy, key, { name: 'Other' }, 'ada');
    expect([world.queue.takeDue(), world.queue.size]).toEqual([undefined, left]);
  });

  it('that changes nothing of a due workbench sends no message, because its writer has sent one', async () => {
    const world = new MemoryWorld();
    const key = await world.create({ name: 'Mine' });
    drainQueue(world);
    await updateWorkbench(world.ports, world.policy, key, { name: 'Mine' }, 'ada');
    expect(world.queue.size).toBe(0);
  });

  it('of a workbench that is deleted concurrently fails with workbench_not_found', async () => {
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

describe('listHistory', () => {
  it('returns written and waiting entries, newest first, each once, up to the maximum', async () => {
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

describe('listWorkbenches', () => {
  it('returns the workbenches of one user, page by page', async () => {
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

  it('of a task without a record logs both ids', async () => {
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

  it('that changes the record logs nothing and enqueues the workbench', async () => {
    const { world, key } = await aRunningOne();
    const unexpectedTask = { ...task, userId: key.userId, workbenchId: key.workbenchId };
    await observeTask(world.ports, world.policy, key, unexpectedTask);
    expect(world.telemetry.counts.get('orphan_task_observed')).toBeUndefined();
    expect(world.queue.takeDue()).toEqual(keyOf(key));
  });

  it('that changes nothing of a due workbench sends no message, because its writer has sent one', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    drainQueue(world);
    const stopped = { ...task, ...keyOf(key), status: 'stopped' } as const;
    await observeTask(world.ports, world.policy, key, stopped);
    expect(world.queue.size).toBe(0);
  });

  it('of a workbench that is deleted concurrently is ignored', async () => {
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

  it('of a host with another state than its record enqueues the workbench', async () => {
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
