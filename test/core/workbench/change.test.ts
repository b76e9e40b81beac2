import { describe, expect, it } from 'vitest';
import { change } from '#core/workbench/change.ts';
import { observeTask } from '#core/workbench/observe.ts';
import { startWorkbench } from '#core/workbench/start-workbench.ts';
import { stopWorkbench } from '#core/workbench/stop-workbench.ts';
import { updateWorkbench } from '#core/workbench/update-workbench.ts';
import { OUTBOX_MAX } from '#core/workbench/workbench.ts';
import { instead } from '#test/simulation/instead.ts';
import { MemoryWorld } from '#test/simulation/memory-world.ts';

const GONE = { userId: 'ada', workbenchId: 'gone' };

describe('changing a record', () => {
  it('tries again from a new read when somebody else wrote meanwhile', async () => {
    const world = new MemoryWorld();
    const key = await world.untilStatus(await world.create(), 'running');
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((name) =>
        updateWorkbench(world.ports, world.policy, key, { name }, 'ada'),
      ),
    );
    const after = await world.read(key);
    expect(after.revision).toBeGreaterThanOrEqual(key.revision + 5);
    expect(after.historySeq).toBe(key.historySeq + 5);
  });

  it('gives up with an error that says to come back when others never stop writing', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    const workbenches = instead(world.stores.workbenches, { update: async () => 'conflict' as const });
    await expect(
      stopWorkbench({ ...world.ports, workbenches }, world.policy, key, 'ada'),
    ).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'conflict',
      retryAfterSeconds: 1,
    });
  });

  it('writes the history early rather than lose any of it', async () => {
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

  it('of one that is no more answers nothing', async () => {
    const world = new MemoryWorld();
    expect(await change(world.ports, world.policy, GONE, () => ({ type: 'tick' }))).toBeUndefined();
  });

  it('asked of one that is not there is told so', async () => {
    const world = new MemoryWorld();
    const notFound = { code: 'workbench_not_found' };
    await expect(startWorkbench(world.ports, world.policy, GONE, 'ada')).rejects.toMatchObject(notFound);
    await expect(updateWorkbench(world.ports, world.policy, GONE, {}, 'ada')).rejects.toMatchObject(notFound);
  });
});

describe('updating', () => {
  it('refuses a size that nothing can hold', async () => {
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
    expect(await world.untilStatus(key, 'running')).toMatchObject({ run: { provider: 'large' } });
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

  it('of a task whose workbench is no more is reported', async () => {
    const world = new MemoryWorld();
    expect(await observeTask(world.ports, world.policy, GONE, task)).toBeUndefined();
    expect(world.telemetry.counts.get('orphan_task_seen')).toBe(1);
  });

  it('of a stopped task whose workbench is no more is no news', async () => {
    const world = new MemoryWorld();
    await observeTask(world.ports, world.policy, GONE, { ...task, status: 'stopped' });
    expect(world.telemetry.lines).toEqual([]);
  });

  it('that changes nothing sends nothing', async () => {
    const world = new MemoryWorld();
    const key = await world.untilStatus(await world.create(), 'running');
    while (world.queue.take()) {} // what is left of the start
    const size = world.queue.size;
    await observeTask(world.ports, world.policy, key, { ...task, status: 'stopped' });
    expect(world.queue.size).toBe(size);
  });
});
