import { describe, expect, it } from 'vitest';
import { type AcceptedRun, runOf, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { build } from '#functions/events/task-state-change.ts';
import { withWorkbench } from '../api/with-workbench.ts';
import { runningEvent } from './task-events.ts';

/** An event of a task that this workbench's run started. */
function eventOf(
  { userId, workbenchId }: WorkbenchKey,
  { taskId, runId, attempt }: AcceptedRun,
  change: { readonly version: number; readonly lastStatus: string },
) {
  const environment = [
    { name: 'WB_RUN_ID', value: runId },
    { name: 'WB_RUN_ATTEMPT', value: String(attempt) },
  ];
  return runningEvent({
    taskArn: taskId,
    group: `workbench/${workbenchId}`,
    startedBy: Buffer.from(userId).toString('base64url'),
    overrides: { containerOverrides: [{ environment }] },
    ...change,
  });
}

async function setUp() {
  const found = await withWorkbench();
  return { ...found, handle: build(found.ports, found.settings) };
}

describe('task-state-change', () => {
  it('applies the observation to the workbench', async () => {
    const { world, key, handle } = await setUp();
    const run = runOf(await world.waitForStatus(key, 'running'));
    if (run?.phase !== 'accepted') throw new Error('the run has no task');
    await handle(eventOf(key, run, { version: run.taskVersion + 1, lastStatus: 'STOPPING' }));
    expect((await world.read(key)).status).toBe('stopping');
  });

  it('ignores an event that is older than the recorded version', async () => {
    const { world, key, handle } = await setUp();
    const before = await world.waitForStatus(key, 'running');
    const run = runOf(before);
    if (run?.phase !== 'accepted') throw new Error('the run has no task');
    await handle(eventOf(key, run, { version: 1, lastStatus: 'PENDING' }));
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
