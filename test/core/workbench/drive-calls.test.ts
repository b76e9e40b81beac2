import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { deleteWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { createWorkbench } from '#core/workbench/create-workbench.ts';
import { drive, HISTORY_RETENTION_AFTER_DELETE_MS } from '#core/workbench/drive.ts';
import { EFFECT_BEGINS_WITHIN_MS } from '#core/workbench/lifecycle/policy.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { deleting, running, stopping, T0 } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;

/** A world with this record that logs the calls of its stores. */
async function aWorldWith(workbench: Workbench) {
  const world = new MemoryWorld();
  world.clock.advance(T0 + MINUTE - world.clock.now());
  await world.stores.workbenches.create(workbench);
  const calls: string[] = [];
  const logCalls = <P extends object>(port: P): P =>
    new Proxy(port, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push(String(name));
          return value.apply(target, args);
        };
      },
    });
  const { workbenches, history, idempotency, queue, tasks, volumes } = world.ports;
  const ports = {
    ...world.ports,
    workbenches: logCalls(workbenches),
    history: logCalls(history),
    idempotency: logCalls(idempotency),
    queue: logCalls(queue),
    tasks: logCalls(tasks),
    volumes: logCalls(volumes),
  };
  return { world, ports, calls, key: keyOf(workbench) };
}

describe('drive', () => {
  it('makes one read for a settled workbench', async () => {
    const { world, ports, calls, key } = await aWorldWith(running());
    await drive(ports, world.policy, key);
    expect(calls).toEqual(['read']);
  });

  it('leaves a later due time to the message of its writer', async () => {
    const { world, ports, calls, key } = await aWorldWith(stopping({ nextDriveAt: T0 + 2 * MINUTE }));
    await drive(ports, world.policy, key);
    expect(calls).toEqual(['read']);
  });

  it('enqueues the workbench for its due time', async () => {
    const { world, ports, calls, key } = await aWorldWith(stopping());
    await drive(ports, world.policy, key);
    expect(calls).toEqual(['read', 'stop', 'update', 'send']);
    expect(world.queue.nextDueAt()).toBe(T0 + MINUTE + world.policy.pollIntervalMs);
  });

  it('ends after twenty rounds and enqueues the workbench for the rest', async () => {
    const { world, ports, calls, key } = await aWorldWith(deleting());
    const volumes = overrideMethods(ports.volumes, {
      deleteSlice: async () => {
        calls.push('deleteSlice');
        return { done: false, deleted: 1 };
      },
    });
    await drive({ ...ports, volumes }, world.policy, key);
    expect(calls.filter((call) => call === 'deleteSlice')).toHaveLength(20);
    expect(calls.at(-1)).toBe('send');
  });

  it('begins no round after its time limit', async () => {
    const { world, ports, calls, key } = await aWorldWith(deleting());
    const volumes = overrideMethods(ports.volumes, {
      deleteSlice: async () => {
        calls.push('deleteSlice');
        world.clock.advance(10_000);
        return { done: false, deleted: 1 };
      },
    });
    await drive({ ...ports, volumes }, world.policy, key);
    expect(calls.filter((call) => call === 'deleteSlice')).toHaveLength(2);
  });

  it('leaves an effect that would begin late to the next read', async () => {
    const unexpectedTasks = [{ taskId: 'task-8' }, { taskId: 'task-9' }];
    const stoppedTaskIds: string[] = [];
    const driveWithStopLasting = async (ms: number) => {
      const { world, ports, key } = await aWorldWith(running({ unexpectedTasks, nextDriveAt: T0 }));
      stoppedTaskIds.length = 0;
      const tasks = overrideMethods(world.tasks, {
        stop: async (taskId) => {
          stoppedTaskIds.push(taskId);
          world.clock.advance(ms);
        },
      });
      await drive({ ...ports, tasks }, world.policy, key);
      return { stoppedTaskIds: [...stoppedTaskIds], after: await world.read(key) };
    };
    expect((await driveWithStopLasting(EFFECT_BEGINS_WITHIN_MS - 1)).stoppedTaskIds).toEqual([
      'task-8',
      'task-9',
    ]);
    const late = await driveWithStopLasting(EFFECT_BEGINS_WITHIN_MS);
    expect(late.stoppedTaskIds).toEqual(['task-8']);
    expect(late.after.unexpectedTasks).toMatchObject([
      { stopRequestedAt: expect.anything() },
      { taskId: 'task-9' },
    ]);
  });

  it('reads the record again and executes nothing if every effect would begin late', async () => {
    const { world, ports, calls, key } = await aWorldWith(stopping());
    let readings = 0;
    // The process was frozen between the fourth reading of the clock, when the round begins, and the effect.
    const clock = { now: () => world.clock.now() + (++readings > 4 ? EFFECT_BEGINS_WITHIN_MS : 0) };
    await drive({ ...ports, clock }, world.policy, key);
    expect(calls).not.toContain('stop');
    expect(calls.filter((call) => call === 'read')).toHaveLength(2);
  });

  it('executes nothing late either if the clock was set back while the process was frozen', async () => {
    const { world, ports, calls, key } = await aWorldWith(stopping());
    let readings = 0;
    const clock = {
      now: () => world.clock.now(),
      elapsed: () => world.clock.elapsed() + (++readings > 3 ? EFFECT_BEGINS_WITHIN_MS : 0),
    };
    await drive({ ...ports, clock }, world.policy, key);
    expect(calls).not.toContain('stop');
  });

  it('logs and counts a failed call, and only that', async () => {
    const { world, ports, key } = await aWorldWith(stopping({ failures: 2 }));
    const tasks = overrideMethods(world.tasks, {
      stop: () => Promise.reject(new PortError('throttled', 'no')),
    });
    await drive({ ...ports, tasks }, world.policy, key);
    const message = 'effect failed';
    expect(world.telemetry.lines).toEqual([{ level: 'warn', message }]);
    expect(world.telemetry.fields.get(message)).toEqual({
      ...{ workbenchId: key.workbenchId, status: 'stopping', failures: 2 },
      ...{ effect: 'stop_task', kind: 'throttled' },
    });
    expect([...world.telemetry.countsBy]).toEqual([['effect_failed.stop_task.throttled', 1]]);
    const quiet = await aWorldWith(stopping());
    await drive(quiet.ports, quiet.world.policy, quiet.key);
    expect(quiet.world.telemetry.lines).toEqual([]);
  });

  it('counts an overdue workbench by its status, and only that', async () => {
    const late = await aWorldWith(stopping({ deadlineAt: T0, nextDriveAt: T0 }));
    await drive(late.ports, late.world.policy, late.key);
    expect([...late.world.telemetry.countsBy]).toContainEqual(['overdue.stopping', 1]);
    const inTime = await aWorldWith(stopping());
    await drive(inTime.ports, inTime.world.policy, inTime.key);
    expect([...inTime.world.telemetry.countsBy]).toEqual([]);
  });

  it('writes the history before it removes the entries from the record, and only if there are any', async () => {
    const outbox = [{ seq: 2, at: T0, type: 'stop_requested', by: 'ada' }] as const;
    const { world, ports, calls, key } = await aWorldWith(running({ historySeq: 2, outbox: [...outbox] }));
    await drive(ports, world.policy, key);
    expect(calls).toEqual(['read', 'append', 'update']);
    expect(await world.stores.history.list(key.workbenchId)).toEqual(outbox);
    expect((await world.read(key)).outbox).toEqual([]);
  });

  it('stops if the record is deleted while it writes the history', async () => {
    const outbox = [{ seq: 2, at: T0, type: 'stop_requested', by: 'ada' }] as const;
    const { world, ports, calls, key } = await aWorldWith(running({ historySeq: 2, outbox: [...outbox] }));
    const workbenches = overrideMethods(world.stores.workbenches, {
      update: async () => {
        await world.stores.workbenches.delete(key, 1);
        return 'conflict';
      },
    });
    await drive({ ...ports, workbenches }, world.policy, key);
    expect(calls).toEqual(['append']);
  });

  it('stops if the record is deleted', async () => {
    const { world, ports, calls, key } = await aWorldWith(stopping());
    const workbenches = overrideMethods(world.stores.workbenches, {
      update: async () => {
        await world.stores.workbenches.delete(key, 1);
        return 'conflict';
      },
    });
    await drive({ ...ports, workbenches }, world.policy, key);
    expect(calls).not.toContain('send');
  });
});

describe('deleting the record', () => {
  const withoutVolume = (fields: Parameters<typeof deleting>[0] = {}) =>
    aWorldWith(deleting({ volumeDeleted: true, ...fields }));

  it('completes the idempotency claim first, sets the expiry of the history, and deletes the record last', async () => {
    const { world, ports, calls, key } = await withoutVolume({ idempotencyKey: 'retry-1' });
    const settled: unknown[] = [];
    const idempotency = overrideMethods(world.stores.idempotency, {
      complete: async (...args) => {
        calls.push('complete');
        settled.push(args);
        return 'completed';
      },
    });
    const ends: unknown[] = [];
    const history = overrideMethods(world.stores.history, {
      expire: async (...args) => {
        calls.push('expire');
        ends.push(args);
      },
    });
    await drive({ ...ports, idempotency, history }, world.policy, key);
    expect(calls).toEqual(['read', 'complete', 'expire', 'delete']);
    expect(settled).toEqual([[key.userId, 'retry-1', key.workbenchId, 'delete']]);
    expect(ends).toEqual([[key.workbenchId, T0 + MINUTE + HISTORY_RETENTION_AFTER_DELETE_MS]]);
    expect(world.telemetry.lines).toEqual([{ level: 'info', message: 'workbench deleted' }]);
    expect(world.telemetry.fields.get('workbench deleted')).toEqual({ workbenchId: key.workbenchId });
  });

  it('completes no claim if the workbench was created without a key', async () => {
    const { world, ports, calls, key } = await withoutVolume();
    await drive(ports, world.policy, key);
    expect(calls).toEqual(['read', 'expire', 'delete']);
  });

  it('writes the remaining history entries before', async () => {
    const outbox = [{ seq: 2, at: T0, type: 'delete_requested', by: 'ada' }] as const;
    const { world, ports, calls, key } = await withoutVolume({ historySeq: 2, outbox: [...outbox] });
    await drive(ports, world.policy, key);
    expect(calls).toEqual(['read', 'append', 'update', 'expire', 'delete']);
  });

  it('does nothing if another function has deleted the record', async () => {
    const outbox = [{ seq: 2, at: T0, type: 'delete_requested', by: 'ada' }] as const;
    const { world, ports, calls, key } = await withoutVolume({ historySeq: 2, outbox: [...outbox] });
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      update: async () => {
        await store.delete(key, 1);
        return 'conflict';
      },
    });
    await drive({ ...ports, workbenches }, world.policy, key);
    expect(calls).toEqual(['append']);
    expect(world.telemetry.lines).toEqual([]);
  });

  it('retries after a revision conflict with the newer record', async () => {
    const { world, ports, key } = await withoutVolume();
    const store = world.stores.workbenches;
    let removals = 0;
    const workbenches = overrideMethods(store, {
      delete: async (of, revision) => {
        removals += 1;
        if (removals > 1) return store.delete(of, revision);
        await store.update({ ...(await world.read(key)), revision: 2 }, 1);
        return store.delete(of, revision);
      },
    });
    await drive({ ...ports, workbenches }, world.policy, key);
    expect(removals).toBe(2);
    expect(await store.read(key)).toBeUndefined();
    expect(world.telemetry.lines).toHaveLength(1);
  });
});

describe('deleting a workbench that was created with an idempotency key', () => {
  it('completes the claim that an interrupted create request left open', async () => {
    const world = new MemoryWorld();
    const idempotency = overrideMethods(world.stores.idempotency, {
      // The request that created the workbench failed before it completed its claim.
      complete: (...args) =>
        args[3] === 'delete'
          ? world.stores.idempotency.complete(...args)
          : Promise.reject(new PortError('unavailable', 'killed')),
    });
    const creation = {
      ...{ userId: 'ada', bodyHash: 'a', by: 'ada', idempotencyKey: 'retry-1' },
      request: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 },
    };
    const ports = { ...world.ports, idempotency };
    await expect(createWorkbench(ports, world.policy, creation)).rejects.toThrow('killed');
    const [workbench] = (await world.stores.workbenches.listByUser('ada', { limit: 1 })).workbenches;
    if (workbench === undefined) throw new Error('not created');
    expect(workbench.idempotencyKey).toBe('retry-1');
    await stopWorkbench(world.ports, world.policy, workbench, 'ada');
    await deleteWorkbench(world.ports, world.policy, workbench, 'ada');
    await world.waitUntilGone(workbench);
    await expect(createWorkbench(world.ports, world.policy, creation)).rejects.toMatchObject({
      code: 'workbench_deleted',
      message:
        'The workbench created with this Idempotency-Key has been deleted or has another owner. Use a new key for a new workbench.',
    });
  });
});
