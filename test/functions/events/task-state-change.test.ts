import { describe, expect, it } from 'vitest';
import { runOf } from '#core/workbench/workbench.ts';
import { build } from '#functions/events/task-state-change.ts';
import { toTaskStateChangeEvent } from '#local/task-event.ts';
import { withWorkbench } from '../api/with-workbench.ts';
import { runningEvent } from './task-events.ts';

async function setUp() {
  const found = await withWorkbench();
  return { ...found, take: build(found.ports, found.settings) };
}

describe('the function behind ECS task events', () => {
  it('takes in what a task of the workbench does', async () => {
    const { world, key, take } = await setUp();
    const { run } = { run: runOf(await world.waitForStatus(key, 'running')) };
    if (run?.phase !== 'accepted') throw new Error('it runs without a task');
    const task = {
      ...key,
      taskId: run.taskId,
      runId: run.runId,
      attempt: run.attempt,
      version: run.taskVersion + 1,
      status: 'stopping' as const,
    };
    await take(toTaskStateChangeEvent(task));
    expect((await world.read(key)).status).toBe('stopping');
  });

  it('changes nothing for an event that is older than what is known', async () => {
    const { world, key, take } = await setUp();
    const before = await world.waitForStatus(key, 'running');
    const run = runOf(before);
    if (run?.phase !== 'accepted') throw new Error('it runs without a task');
    const { taskId, runId, attempt } = run;
    await take(toTaskStateChangeEvent({ ...key, taskId, runId, attempt, version: 1, status: 'pending' }));
    expect(await world.read(key)).toEqual(before);
  });

  it('passes over what is not ours, and counts it', async () => {
    const { world, key, take } = await setUp();
    const before = await world.read(key);
    await take(runningEvent({ group: 'service:web' }));
    await take({});
    await take(null);
    expect(await world.read(key)).toEqual(before);
    expect(world.telemetry.counts.get('event_ignored')).toBe(3);
  });

  it('reports a task that lives on although its workbench is no more', async () => {
    const { world, take } = await setUp();
    await take(runningEvent());
    expect(world.telemetry.counts.get('orphan_task_observed')).toBe(1);
  });
});
