import { describe, expect, it } from 'vitest';
import type { TaskInput, TaskObservation } from '#core/ports/task-runner.ts';
import { describeHostFleetContract } from '#test/contracts/host-fleet.ts';
import { describeRunLogReaderContract, LOGGED_RUN } from '#test/contracts/run-log-reader.ts';
import { describeTaskRunnerContract } from '#test/contracts/task-runner.ts';
import { describeVolumeStoreContract } from '#test/contracts/volume-store.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryHostFleet } from './memory-host-fleet.ts';
import { MemoryRunLogReader } from './memory-run-log-reader.ts';
import { MemoryTaskRunner } from './memory-task-runner.ts';
import { MemoryVolumeStore } from './memory-volume-store.ts';

function input(change: Partial<TaskInput> = {}): TaskInput {
  return {
    userId: 'alice',
    workbenchId: 'wb1',
    runId: 'run1',
    attempt: 1,
    name: 'mine',
    cpuUnits: 1024,
    memoryMib: 2048,
    gpuCount: 0,
    placement: { kind: 'provider', provider: 'local' },
    mount: { path: '/volumes/wb1' },
    ...change,
  };
}

describeTaskRunnerContract('MemoryTaskRunner', async () => {
  const timers = new ManualClock();
  const observed: TaskObservation[] = [];
  return {
    tasks: new MemoryTaskRunner({ timers, onChange: (task) => observed.push(task) }),
    input: async (change) => input(change),
    observed,
    pass: () => timers.advanceAsync(250),
    end: async () => {},
  };
});

describeRunLogReaderContract('MemoryRunLogReader', async () => {
  const reader = new MemoryRunLogReader();
  return {
    reader,
    print: async (lines) => reader.print(LOGGED_RUN.taskId, ...lines),
    dispose: async () => {},
  };
});

describeHostFleetContract('MemoryHostFleet', async () => {
  const timers = new ManualClock();
  return {
    hosts: new MemoryHostFleet({ timers }),
    request: (change) => ({
      userId: 'alice',
      workbenchId: 'wb1',
      instanceType: 'm5.large',
      generation: 1,
      ...change,
    }),
    pass: () => timers.advanceAsync(250),
    end: async () => {},
  };
});

describeVolumeStoreContract('MemoryVolumeStore', async () => {
  const volumes = new MemoryVolumeStore({ clock: new ManualClock() });
  const idOf = (mount: Readonly<Record<string, string>>) => mount.path?.split('/').at(-1) ?? '';
  return {
    volumes,
    fill: async (mount, files) => {
      const fileNames = volumes.files(idOf(mount));
      for (let n = 0; n < files; n += 1) fileNames?.add(`${n}`);
    },
    count: async (mount) => volumes.files(idOf(mount))?.size,
    end: async () => {},
  };
});

describe('ManualClock', () => {
  it('runs due actions by time, then in scheduling order, and no cancelled action', () => {
    const clock = new ManualClock(0);
    const ran: string[] = [];
    clock.after(20, () => ran.push('late'));
    clock.after(10, () => {
      ran.push('first');
      clock.after(5, () => ran.push(`nested at ${clock.now()}`));
    });
    clock.after(10, () => ran.push('second'));
    clock.after(10, () => ran.push('cancelled'))();
    clock.advance(19);
    expect(ran).toEqual(['first', 'second', 'nested at 15']);
    expect(clock.now()).toBe(19);
    expect(clock.nextActionAt).toBe(20);
    clock.advance(1);
    expect(ran.at(-1)).toBe('late');
    expect(clock.scheduledCount).toBe(0);
  });
});

describe('MemoryTaskRunner', () => {
  it('places at most `max` tasks, and the next when one has stopped', async () => {
    const timers = new ManualClock();
    const tasks = new MemoryTaskRunner({ timers, max: 1 });
    await tasks.run(input(), 'a/1/1');
    await tasks.run(input({ workbenchId: 'wb2' }), 'b/1/1');
    await timers.advanceAsync(60_000);
    const statuses = async () => (await tasks.list()).tasks.map((task) => task.status);
    expect(await statuses()).toEqual(['running', 'provisioning']);
    tasks.exitTask('task-000001', { code: 'exited', message: 'The process exited.' });
    await timers.advanceAsync(60_000);
    expect(await statuses()).toEqual(['running']);
  });

  it('returns a planned refusal once', async () => {
    const tasks = new MemoryTaskRunner({ timers: new ManualClock() });
    tasks.onNextRun(() => ({ kind: 'refused', code: 'no_capacity', message: 'Full.', retryable: true }));
    expect(await tasks.run(input(), 'a/1/1')).toMatchObject({ kind: 'refused' });
    expect(await tasks.run(input(), 'a/1/1')).toMatchObject({ kind: 'accepted' });
  });

  it('returns a stopped task for one hour', async () => {
    const timers = new ManualClock();
    const tasks = new MemoryTaskRunner({ timers });
    await tasks.run(input(), 'a/1/1');
    await tasks.stop('task-000001', 'enough');
    await timers.advanceAsync(59 * 60_000);
    expect(await tasks.describe(['task-000001'])).toMatchObject([{ status: 'stopped' }]);
    await timers.advanceAsync(2 * 60_000);
    expect(await tasks.describe(['task-000001'])).toEqual([{ taskId: 'task-000001', missing: true }]);
  });
});
