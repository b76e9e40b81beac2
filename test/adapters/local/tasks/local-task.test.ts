import { describe, expect, it } from 'vitest';
import { RetriedRecords } from '#adapters/local/retried-records.ts';
import { LocalTask, type LocalTaskContext } from '#adapters/local/tasks/local-task.ts';
import { PortAllocator } from '#adapters/local/tasks/port-allocator.ts';
import { newTaskFields, type TaskFields } from '#adapters/local/tasks/task-record.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { FullDiskRecords } from '../full-disk-records.ts';

const INPUT: TaskInput = {
  ...{ userId: 'alice', workbenchId: 'wb1', runId: 'run1', attempt: 1, name: 'mine' },
  ...{ cpuUnits: 1024, memoryMib: 2048, gpuCount: 0, mount: {} },
  placement: { kind: 'provider', provider: 'local' },
};
const FIRST = { code: 'requested', message: 'first' } as const;
const SECOND = { code: 'exited', message: 'second' } as const;

class RecordingPorts extends PortAllocator {
  readonly released: number[] = [];

  override release(port: number): void {
    this.released.push(port);
    super.release(port);
  }
}

/** A task that runs until it is ended. `endRuntime` resolves when the test says so. */
class ManualTask extends LocalTask<TaskFields> {
  readonly runtimeEnded = Promise.withResolvers<boolean>();
  port: number | undefined;

  protected override get hasBegun(): boolean {
    return this.port !== undefined;
  }

  protected override async startAndWatch(): Promise<void> {
    this.port = await this.allocatePort();
    await this.update({ status: 'running' });
    await new Promise((resolve) => this.endSignal.addEventListener('abort', resolve));
  }

  protected override endRuntime(): Promise<boolean> {
    return this.runtimeEnded.promise;
  }
}

function createTask(records: LocalTaskContext<TaskFields>['records'] = { save: async () => true }) {
  const statuses: string[] = [];
  const ports = new RecordingPorts();
  const context: LocalTaskContext<TaskFields> = {
    records,
    ports,
    timers: new ManualClock(),
    telemetry: undefined,
    graceMs: 1000,
    giveUpSignal: new AbortController().signal,
    onChange: ({ status }) => void statuses.push(status),
  };
  const task = new ManualTask(newTaskFields('task-1', INPUT, 't', 'waiting', 0), context);
  return { task, statuses, ports };
}

describe('LocalTask', () => {
  it('keeps the first reason to end, and records it while it stops', async () => {
    const { task, statuses } = createTask();
    const run = task.run();
    await expect.poll(() => statuses).toEqual(['running']);
    void task.end(FIRST);
    void task.kill(SECOND);
    await task.flush();
    expect(task.record).toMatchObject({ status: 'stopping', ending: FIRST });
    task.runtimeEnded.resolve(true);
    await run;
    expect(task.record).toMatchObject({ status: 'stopped', stop: FIRST });
    expect(statuses).toEqual(['running', 'stopping', 'stopped']);
  });

  it('releases its port when it has stopped, and not before', async () => {
    const { task, statuses, ports } = createTask();
    const run = task.run();
    await expect.poll(() => statuses).toEqual(['running']);
    void task.end(FIRST);
    await task.flush();
    expect(ports.released).toEqual([]);
    task.runtimeEnded.resolve(true);
    await run;
    expect(ports.released).toEqual([task.port]);
  });

  it('stops without `stopping` and without a start when it was ended before', async () => {
    const { task, statuses } = createTask();
    task.runtimeEnded.resolve(true);
    await task.end(FIRST);
    await task.run();
    expect(statuses).toEqual(['stopped']);
    expect(task.port).toBeUndefined();
  });

  it('stops on a full disk, and is stored as stopped when there is space again', async () => {
    const disk = new FullDiskRecords<TaskFields>(({ taskId }) => taskId);
    const timers = new ManualClock();
    const idOf = ({ taskId }: TaskFields) => taskId;
    const records = new RetriedRecords({ records: disk, idOf, timers, telemetry: undefined });
    const { task, statuses } = createTask(records);
    const run = task.run();
    await expect.poll(() => statuses).toEqual(['running']);
    disk.isFull = true;
    task.runtimeEnded.resolve(true);
    await Promise.all([task.end(FIRST), run]);
    expect(statuses).toEqual(['running', 'stopping', 'stopped']);
    expect(disk.stored.get('task-1')?.status).toBe('running');
    disk.isFull = false;
    await timers.advanceAsync(5000);
    await expect.poll(() => disk.stored.get('task-1')).toEqual(task.record);
    await records.close();
  });

  it('stays in `stopping` when the server gives up', async () => {
    const { task, statuses } = createTask();
    const run = task.run();
    await expect.poll(() => statuses).toEqual(['running']);
    const ended = task.end(FIRST);
    task.runtimeEnded.resolve(false);
    await Promise.all([ended, run]);
    expect(task.record.status).toBe('stopping');
  });
});
