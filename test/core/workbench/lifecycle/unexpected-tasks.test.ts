import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { ID, running, stopped, stopping, T0, USER } from '#test/builders/workbench.ts';

const step = lifecycle(POLICY);
const OTHERS = [{ taskId: 'task-9' }, { taskId: 'task-0' }];
const MINUTE = 60_000;

function observeTask(workbench: Workbench, fields: Partial<TaskObservation> = {}, now = T0): Workbench {
  const task: TaskObservation = {
    ...{ taskId: 'task-0', userId: USER, workbenchId: ID, runId: 'older-run', attempt: 1 },
    ...{ version: 1, status: 'running', instance: 'connected' },
    ...fields,
  };
  return step(workbench, { type: 'task_observed', task }, now).workbench;
}

function observeUnplaced(workbench: Workbench, status: TaskObservation['status']): Workbench {
  const task = { taskId: 'task-0', userId: USER, workbenchId: ID, runId: 'older-run', attempt: 1 };
  return step(workbench, { type: 'task_observed', task: { ...task, version: 1, status } }, T0).workbench;
}

describe('an unexpected task', () => {
  it('makes the record due at once when it is found', () => {
    expect(observeTask(running({ nextDriveAt: T0 + MINUTE, failures: 3 }))).toMatchObject({
      unexpectedTasks: [{ taskId: 'task-0' }],
      nextDriveAt: T0,
      failures: 0,
    });
  });

  it('whose instance is gone has stopped, and is not added', () => {
    const before = running();
    expect(observeTask(before, { instance: 'gone' })).toBe(before);
  });

  it('that still lives is polled and kept', () => {
    const before = stopped({ unexpectedTasks: OTHERS, nextDriveAt: T0 + MINUTE, failures: 2 });
    for (const status of ['provisioning', 'running', 'stopping'] as const)
      expect(observeTask(before, { status })).toMatchObject({
        unexpectedTasks: OTHERS,
        nextDriveAt: T0 + POLICY.pollIntervalMs,
        failures: 0,
      });
  });

  it('that has stopped on an instance with a connected agent is removed after the settle period, and only that one', () => {
    const ended = observeTask(stopped({ unexpectedTasks: OTHERS, nextDriveAt: T0 + MINUTE }), {
      status: 'stopped',
    });
    const goneAfter = T0 + POLICY.stopSettleMs;
    expect(ended).toMatchObject({ unexpectedTasks: [{ taskId: 'task-9' }, { taskId: 'task-0', goneAfter }] });
    expect(ended.nextDriveAt).toBe(goneAfter);
    const before = step(ended, { type: 'tick' }, goneAfter - 1).workbench;
    expect(before.unexpectedTasks).toHaveLength(2);
    expect(step(ended, { type: 'tick' }, goneAfter).workbench.unexpectedTasks).toEqual([
      { taskId: 'task-9' },
    ]);
  });

  it('keeps the end of its settle period, however often it is observed', () => {
    const ended = observeTask(stopped({ unexpectedTasks: OTHERS }), { status: 'stopped' });
    expect(observeTask(ended, { status: 'stopped', version: 2 }, T0 + 1000).unexpectedTasks).toEqual(
      ended.unexpectedTasks,
    );
  });

  it('that has stopped without having been placed is removed at once, and only that one', () => {
    const before = stopped({ unexpectedTasks: OTHERS, nextDriveAt: T0 + MINUTE });
    expect(observeUnplaced(before, 'stopped')).toMatchObject({
      unexpectedTasks: [{ taskId: 'task-9' }],
      nextDriveAt: T0,
    });
    expect(observeUnplaced(before, 'provisioning').unexpectedTasks).toEqual(OTHERS);
  });

  it('whose instance is gone is removed at once, and only that one', () => {
    expect(observeTask(stopped({ unexpectedTasks: OTHERS }), { instance: 'gone' }).unexpectedTasks).toEqual([
      { taskId: 'task-9' },
    ]);
  });

  it('keeps a stopped workbench unsettled until it is removed', () => {
    const unexpectedTasks = [{ taskId: 'task-0', goneAfter: T0 + 5 }];
    const ended = step(stopping({ run: undefined, unexpectedTasks }), { type: 'tick' }, T0).workbench;
    expect(ended.unexpectedTasks).toEqual(unexpectedTasks);
    const gone = step(stopped({ unexpectedTasks, nextDriveAt: T0 + 5 }), { type: 'tick' }, T0 + 5).workbench;
    expect(gone.unexpectedTasks).toEqual([]);
    const settled = step(gone, { type: 'tick' }, T0 + 6).workbench;
    expect(settled).not.toHaveProperty('nextDriveAt');
  });
});
