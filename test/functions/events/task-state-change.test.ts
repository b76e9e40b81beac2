import { describe, expect, it } from 'vitest';
import { runOf } from '#core/workbench/workbench.ts';
import { build } from '#functions/events/task-state-change.ts';
import { toTaskStateChangeEvent } from '#local/task-event.ts';
import { withWorkbench } from '../api/with-workbench.ts';
import { runningEvent } from './task-events.ts';

async function setUp() {
  const found = await withWorkbench();
  return { ...found, handle: build(found.ports, found.settings) };
}

describe('task-state-change', () => {
  it('applies the observation to the workbench', async () => {
    const { world, key, handle } = await setUp();
    const run = runOf(await world.waitForStatus(key, 'running'));
    if (run?.phase !== 'accepted') throw new Error('the run has no task');
    const task = {
      ...key,
      taskId: run.taskId,
      runId: run.runId,
      attempt: run.attempt,
      version: run.taskVersion + 1,
      status: 'stopping' as const,
    };
    await handle(toTaskStateChangeEvent(task));
    expect((await world.read(key)).status).toBe('stopping');
  });

  it('ignores an event that is older than the recorded version', async () => {
    const { world, key, handle } = await setUp();
    const before = await world.waitForStatus(key, 'running');
    const run = runOf(before);
    if (run?.phase !== 'accepted') throw new Error('the run has no task');
    const { taskId, runId, attempt } = run;
    await handle(toTaskStateChangeEvent({ ...key, taskId, runId, attempt, version: 1, status: 'pending' }));
    expect(await world.read(key)).toEqual(before);
  });

  it('ignores and counts events of other tasks', async () => {
    const { world, key, handle } = await setUp();
    const before = await world.read(key);
    await handle(runningEvent({ group: 'service:web' }));
    await handle({});
    await handle(null);
    expect(await world.read(key)).toEqual(before);
    expect(world.telemetry.counts.get('event_ignored')).toBe(3);
  });

  it('reports a live task whose workbench has no record', async () => {
    const { world, handle } = await setUp();
    await handle(runningEvent());
    expect(world.telemetry.counts.get('orphan_task_observed')).toBe(1);
  });
});
