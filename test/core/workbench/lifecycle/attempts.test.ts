import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import type { EffectResult } from '#core/workbench/lifecycle/inputs.ts';
import { EFFECT_ENDS_WITHIN_MS, DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aTaskInput,
  deleting,
  ID,
  issuedRun,
  preparingRun,
  provisioning,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const step = lifecycle(POLICY);
const ATTEMPT = { runId: RUN_ID, attempt: 1 } as const;
const NO_CAPACITY = { code: 'no_capacity', message: 'No capacity.' } as const;
const placed = {
  type: 'run_placed',
  ...ATTEMPT,
  placement: { kind: 'provider', provider: 'small' },
} as const;
const refused = { type: 'run_refused', ...ATTEMPT, reason: NO_CAPACITY, retryable: true } as const;

function applyResult(workbench: Workbench, outcome: EffectResult, now = T0): Workbench {
  const { revision } = workbench;
  return step(workbench, { type: 'outcomes', revision, outcomes: [outcome] }, now).workbench;
}

/** The record without revision and timestamps: an ignored outcome leaves the rest unchanged. */
function summaryOf({
  status,
  run,
  unexpectedTasks,
  mount,
  reason,
}: Workbench & { run?: unknown; reason?: unknown }) {
  return { status, run, unexpectedTasks, mount, reason };
}

function expectUnchanged(workbench: Workbench, outcome: EffectResult): void {
  expect(summaryOf(applyResult(workbench, outcome))).toEqual(summaryOf(workbench));
}

describe('a placed run', () => {
  const mount = { path: 'volumes/ada' };

  it('becomes issued with the complete input of its task', () => {
    const after = applyResult(starting({ mount, failures: 2 }), placed);
    expect(after).toMatchObject({ status: 'starting', nextDriveAt: T0, failures: 0 });
    expect('run' in after && after.run).toEqual(issuedRun({ input: aTaskInput() }));
  });

  it('is not issued without the mount of its volume', () => {
    expectUnchanged(starting(), placed);
  });

  it('is issued once and keeps its input', () => {
    const elsewhere = { ...placed, placement: { kind: 'provider', provider: 'large' } } as const;
    expectUnchanged(starting({ mount, run: issuedRun() }), elsewhere);
  });

  it.each([
    ['run', { runId: 'older-run' }],
    ['attempt', { attempt: 2 }],
  ])('is not issued by the placement of another %s', (_, other) => {
    expectUnchanged(starting({ mount }), { ...placed, ...other });
  });

  it('is not issued while the workbench is stopping', () => {
    for (const workbench of [stopped({ mount }), stopping({ run: undefined }), deleting(), running()])
      expectUnchanged(workbench, placed);
  });
});

describe('a refused attempt', () => {
  const issued = starting({ mount: {}, run: issuedRun(), failures: 2 });

  it('that is retryable is followed by the next attempt with another token, and its reason is stored', () => {
    expect(applyResult(issued, refused)).toMatchObject({
      status: 'starting',
      run: { phase: 'preparing', runId: RUN_ID, attempt: 2 },
      refusal: NO_CAPACITY,
      failures: 0,
      nextDriveAt: T0 + POLICY.startRetryMs,
    });
  });

  it('that is permanent ends the start with its reason', () => {
    const after = applyResult(issued, { ...refused, retryable: false });
    expect(after).toMatchObject({ status: 'stopped', desired: 'stopped', reason: NO_CAPACITY });
  });

  it('ends a stop if it is permanent, because there is no task', () => {
    const refusal = { ...refused, retryable: false };
    const after = applyResult(stopping({ run: issuedRun(), lastTaskId: 'task-0' }), refusal);
    expect(after).toMatchObject({ status: 'stopped', lastTaskId: 'task-0' });
    expect(after).not.toHaveProperty('reason');
  });

  it('lets a deletion continue if it is permanent', () => {
    const refusal = { ...refused, retryable: false };
    const after = applyResult(deleting({ run: issuedRun(), nextDriveAt: T0 + 5 }), refusal);
    expect(after).not.toHaveProperty('run');
    expect(after).toMatchObject({ status: 'deleting', nextDriveAt: T0 });
  });

  const settles = T0 + EFFECT_ENDS_WITHIN_MS;

  it.each([
    ['a stop', stopping({ run: issuedRun() }), 'stopped'],
    ['a deletion', deleting({ run: issuedRun() }), 'deleting'],
  ] as const)('that is retryable holds %s until no delayed call can start a task', (_, workbench, end) => {
    const refusedThen = applyResult(workbench, refused);
    expect(refusedThen).toMatchObject({ status: workbench.status, run: { goneAfter: settles } });
    expect(dueAt(refusedThen)).toBeLessThanOrEqual(settles);
    const early = step(refusedThen, { type: 'tick' }, settles - 1).workbench;
    expect(early).toMatchObject({ status: workbench.status, run: { phase: 'preparing' } });
    const { workbench: past, effects } = step(early, { type: 'tick' }, settles);
    expect(past).toMatchObject({ status: workbench.status, run: { phase: 'preparing' } });
    expect(effects).toEqual([{ type: 'find_tasks', ...ATTEMPT }]);
    const ended = applyResult(past, { type: 'tasks_found', ...ATTEMPT, tasks: [] }, settles);
    expect(ended.status).toBe(end);
    expect(ended).not.toHaveProperty('run');
  });

  const late: TaskObservation = {
    ...{ userId: USER, workbenchId: ID, runId: RUN_ID, attempt: 1 },
    ...{ taskId: 'late', version: 1, status: 'provisioning' },
  };
  const found = { type: 'tasks_found', ...ATTEMPT, tasks: [late] } as const;
  const settled = preparingRun({ goneAfter: T0 });

  it('ends a stop that finds the task of an earlier call, whose event was lost, and stops this task', () => {
    const after = applyResult(stopping({ run: settled, nextDriveAt: T0 }), found);
    expect(after).toMatchObject({
      status: 'stopped',
      nextDriveAt: T0,
      unexpectedTasks: [{ taskId: 'late' }],
    });
    expect(step(after, { type: 'tick' }, T0).effects).toMatchObject([{ type: 'stop_task', taskId: 'late' }]);
  });

  it('deletes no file before the task that it finds is gone', () => {
    const after = applyResult(deleting({ run: settled, nextDriveAt: T0 }), found);
    expect(step(after, { type: 'tick' }, T0).effects).toMatchObject([{ type: 'stop_task', taskId: 'late' }]);
  });

  it('is followed by the next attempt once no task of an earlier call is left', () => {
    const run = preparingRun({ attempt: 2, goneAfter: T0 });
    const waiting = starting({ mount: {}, run, nextDriveAt: T0 });
    const next = { runId: RUN_ID, attempt: 2 };
    expect(step(waiting, { type: 'tick' }, T0).effects).toEqual([{ type: 'find_tasks', ...next }]);
    const none = applyResult(waiting, { type: 'tasks_found', ...next, tasks: [] });
    expect(none).not.toHaveProperty('run.goneAfter');
    expect(step(none, { type: 'tick' }, T0).effects).toEqual([{ type: 'place_run', ...next }]);
    const one = applyResult(waiting, { ...found, ...next });
    expect(step(one, { type: 'tick' }, T0).effects).toMatchObject([{ type: 'stop_task', taskId: 'late' }]);
  });

  it('is not concluded from an old list, from one that is too early, or from that of another attempt', () => {
    const held = stopping({ run: settled, nextDriveAt: T0 + 5 });
    const none = { type: 'tasks_found', ...ATTEMPT, tasks: [] } as const;
    const input = { type: 'outcomes', revision: held.revision - 1, outcomes: [found] } as const;
    const stale = step(held, input, T0).workbench;
    expect(stale).toMatchObject({
      status: 'stopping',
      nextDriveAt: T0,
      unexpectedTasks: [{ taskId: 'late' }],
    });
    expect(applyResult(held, none, T0 - 1).status).toBe('stopping');
    expect(applyResult(held, { ...none, attempt: 2 }).status).toBe('stopping');
    expectUnchanged(starting({ run: preparingRun() }), none);
    expectUnchanged(running({ run: acceptedRun() }), none);
  });

  it('is read again with the backoff if the tasks cannot be listed', () => {
    const held = stopping({ run: settled, nextDriveAt: T0 });
    const after = applyResult(held, { type: 'effect_failed', effect: 'find_tasks', kind: 'throttled' });
    expect(after.status).toBe('stopping');
    expect(dueAt(after)).toBeGreaterThan(T0);
  });

  it('that is retryable holds a later stop for the rest of that time, and the stop finds a late task', () => {
    const stop = { type: 'stop', by: 'ada' } as const;
    const next = applyResult(issued, refused);
    const held = step(next, stop, T0 + 1_000).workbench;
    expect(held).toMatchObject({ status: 'stopping', run: { phase: 'preparing', goneAfter: settles } });
    const observed = step(held, { type: 'task_observed', task: late }, T0 + 2_000).workbench;
    expect(observed.unexpectedTasks).toEqual([{ taskId: 'late' }]);
    const { workbench: last, effects } = step(next, stop, settles);
    expect(last.status).toBe('stopping');
    expect(effects).toEqual([{ type: 'find_tasks', runId: RUN_ID, attempt: 2 }]);
  });

  it('is ignored if the run is accepted, or for another attempt', () => {
    expectUnchanged(provisioning(), refused);
    expectUnchanged(running({ run: acceptedRun() }), { ...refused, retryable: false });
    expectUnchanged(stopping(), refused);
    expectUnchanged(issued, { ...refused, attempt: 2 });
    expectUnchanged(issued, { ...refused, runId: 'older-run' });
    expectUnchanged(stopped(), refused);
  });
});

describe('an observed task', () => {
  const task: TaskObservation = {
    ...{ taskId: 'task-1', userId: USER, workbenchId: ID, ...ATTEMPT },
    ...{ version: 4, status: 'provisioning' },
  };

  function observe(workbench: Workbench, fields: Partial<TaskObservation> = {}, now = T0): Workbench {
    return step(workbench, { type: 'task_observed', task: { ...task, ...fields } }, now).workbench;
  }

  it('changes an issued run to accepted, with the observed fields and no others', () => {
    const after = observe(starting({ run: issuedRun() }), {}, T0 + 9);
    expect('run' in after && after.run).toStrictEqual({
      phase: 'accepted',
      ...ATTEMPT,
      taskId: 'task-1',
      taskVersion: 4,
      acceptedAt: T0 + 9,
    });
    expect(after).toMatchObject({
      status: 'provisioning',
      deadlineAt: T0 + 9 + POLICY.provisioningTimeoutMs,
    });
    expect(after).not.toHaveProperty('detail');
  });

  it('may be on an instance with a silent agent from the beginning', () => {
    const after = observe(starting({ run: issuedRun() }), { status: 'pending', instance: 'disconnected' });
    expect(after).toMatchObject({
      run: { agentSilentSince: T0 },
      deadlineAt: T0 + POLICY.pendingTimeoutMs,
    });
  });

  it('keeps its endpoint if a later observation lacks it', () => {
    const where = { endpoint: 'http://10.0.0.1:8080' };
    const first = observe(starting({ run: issuedRun() }), { status: 'running', ...where }, T0 + 1);
    const again = observe(first, { status: 'running', version: 5 }, T0 + 2);
    expect(again).toMatchObject({ run: { ...where, acceptedAt: T0 + 1, taskVersion: 5 } });
  });

  it('of a run that is preparing, or with another task id, is an unexpected task', () => {
    expect(observe(starting({ run: preparingRun() })).unexpectedTasks).toEqual([{ taskId: 'task-1' }]);
    const twin = observe(provisioning({ run: acceptedRun({ taskId: 'task-2' }) }));
    expect(twin.unexpectedTasks).toEqual([{ taskId: 'task-1' }]);
    expect(twin).toMatchObject({ status: 'provisioning', run: { taskId: 'task-2' } });
  });

  it('that is unchanged keeps the due time', () => {
    const soon = { nextDriveAt: T0 + 1000 };
    expect(observe(provisioning(soon), { detail: 'news' })).toMatchObject(soon);
    expect(
      observe(provisioning({ nextDriveAt: T0 + 10 * POLICY.pollIntervalMs }), { detail: 'news' }),
    ).toMatchObject({
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
    expect(
      observe(running({ ...soon, run: acceptedRun() }), { status: 'running', version: 9 }),
    ).toMatchObject(soon);
  });

  it('that runs makes the record due if there is an unexpected task', () => {
    const unexpectedTasks = [{ taskId: 'task-0' }];
    expect(observe(provisioning({ unexpectedTasks }), { status: 'running' })).toMatchObject({
      status: 'running',
      nextDriveAt: T0,
    });
  });

  it('that became ready keeps the time at which it first did', () => {
    expect(observe(running(), { status: 'running', version: 9 }, T0 + 99_000)).toMatchObject({
      readyAt: running().readyAt,
    });
  });

  it('that lives while the run is ending is stopped at once and then polled', () => {
    const unrequested = observe(stopping({ nextDriveAt: T0 + 60_000 }), { status: 'running' });
    expect(unrequested).toMatchObject({ status: 'stopping', nextDriveAt: T0 });
    const requested = stopping({ run: acceptedRun({ stopRequestedAt: T0 }), nextDriveAt: T0 + 60_000 });
    expect(observe(requested, { status: 'stopping' })).toMatchObject({
      nextDriveAt: T0 + POLICY.pollIntervalMs,
      run: { stopRequestedAt: T0 },
    });
  });

  it('that is stopped keeps the end of its stop settle period, however often it is observed', () => {
    const ended = observe(stopping(), { status: 'stopped', instance: 'connected' });
    const again = observe(ended, { status: 'stopped', instance: 'connected', version: 5 }, T0 + 3000);
    expect(again).toMatchObject({ run: { goneAfter: T0 + POLICY.stopSettleMs } });
  });

  it('that is stopped is gone at once if there is no stop settle period', () => {
    const observed = {
      type: 'task_observed',
      task: { ...task, status: 'stopped', instance: 'connected' },
    } as const;
    const withoutSettlePeriod = lifecycle({ ...POLICY, stopSettleMs: 0 });
    expect(withoutSettlePeriod(stopping(), observed, T0).workbench.status).toBe('stopped');
  });

  it('that was stopped from outside sets the status reason', () => {
    const stop = { code: 'requested', message: 'Task stopped by user' } as const;
    const ended = observe(running({ run: acceptedRun() }), {
      status: 'stopped',
      instance: 'connected',
      stop,
    });
    expect(ended).toMatchObject({
      reason: { code: 'stopped_externally', message: 'The task was stopped from outside the controller.' },
    });
  });

  it('that ends on its own is only polled, and is stopped if it does not end', () => {
    const ending = observe(running({ run: acceptedRun() }), { status: 'stopping', instance: 'connected' });
    const effectTypesAt = (now: number) =>
      step({ ...ending, nextDriveAt: now }, { type: 'tick' }, now).effects.map(({ type }) => type);
    expect(ending).toMatchObject({ run: { stopRequestedAt: T0 }, unexplained: true });
    expect(effectTypesAt(T0)).toEqual(['describe_task']);
    expect(effectTypesAt(T0 + POLICY.stopRetryMs)).toEqual(['stop_task']);
  });
});

describe('a stop without a request', () => {
  const stoppedTask: TaskObservation = {
    ...{ taskId: 'task-1', userId: USER, workbenchId: ID, ...ATTEMPT },
    ...{ version: 9, status: 'stopped', instance: 'gone' },
  };
  const INSTANCE_LOST = 'The instance of the workbench stopped or was lost. Start the workbench again.';
  const end = (workbench: Workbench, task: TaskObservation = stoppedTask) =>
    step(workbench, { type: 'task_observed', task }, T0).workbench;

  it('has the reason instance_lost if its task gives no reason', () => {
    expect(end(stopping({ unexplained: true }))).toMatchObject({
      status: 'stopped',
      reason: { code: 'instance_lost', message: INSTANCE_LOST },
    });
  });

  it('has the reason of its task if there is one', () => {
    const stop = { code: 'exited', message: 'Exit code 3.' } as const;
    expect(end(stopping({ unexplained: true }), { ...stoppedTask, stop })).toMatchObject({ reason: stop });
  });

  it('has no reason if a request caused it', () => {
    expect(end(stopping())).not.toHaveProperty('reason');
    expect(end(deleting({ run: acceptedRun() }))).not.toHaveProperty('reason');
  });

  it('keeps its reason', () => {
    const reason = { code: 'start_timeout', message: 'Too late.' } as const;
    expect(end(stopping({ reason }))).toMatchObject({ reason });
  });

  it('has no reason if the settle period passes and the task gives none', () => {
    const settling = stopping({ unexplained: true, run: acceptedRun({ goneAfter: T0 }) });
    const { workbench } = step(settling, { type: 'tick' }, T0);
    expect(workbench.status).toBe('stopped');
    expect(workbench).not.toHaveProperty('reason');
  });

  it('of a lost task says that ECS gives no reason', () => {
    const run = acceptedRun({ missingSince: T0 - POLICY.taskMissingTimeoutMs });
    const missing = { type: 'task_missing', taskId: 'task-1' } as const;
    const { workbench } = step(stopping({ unexplained: true, run }), missing, T0);
    expect(workbench).toMatchObject({ status: 'stopped', reason: { code: 'task_lost' } });
  });
});

describe('a requested stop of a task', () => {
  const stopRequested = { type: 'task_stop_requested', taskId: 'task-1' } as const;

  it('is stored, and the task is polled', () => {
    expect(applyResult(stopping({ failures: 2 }), stopRequested, T0 + 1)).toMatchObject({
      run: { stopRequestedAt: T0 + 1 },
      nextDriveAt: T0 + 1 + POLICY.pollIntervalMs,
      failures: 0,
    });
  });

  it('of an unexpected task is stored with that task alone', () => {
    const unexpectedTasks = [{ taskId: 'task-0' }, { taskId: 'task-9' }];
    const after = applyResult(stopping({ unexpectedTasks }), { ...stopRequested, taskId: 'task-0' }, T0 + 1);
    expect(after.unexpectedTasks).toEqual([
      { taskId: 'task-0', stopRequestedAt: T0 + 1 },
      { taskId: 'task-9' },
    ]);
    expect(after).not.toHaveProperty('run.stopRequestedAt');
  });

  it('is not stored with a run that is no longer ending', () => {
    expect(applyResult(running({ run: acceptedRun() }), stopRequested)).not.toHaveProperty(
      'run.stopRequestedAt',
    );
  });
});

describe('a requested termination of an instance', () => {
  it('is followed by polling', () => {
    const ending = stopping({ run: acceptedRun({ agentSilentSince: T0 }), failures: 2 });
    expect(applyResult(ending, { type: 'instance_termination_requested', taskId: 'task-1' })).toMatchObject({
      status: 'stopping',
      nextDriveAt: T0 + POLICY.pollIntervalMs,
      failures: 0,
    });
  });

  it('is not a stop request to the task', () => {
    const ending = stopping({ run: acceptedRun({ agentSilentSince: T0 }) });
    expect(
      applyResult(ending, { type: 'instance_termination_requested', taskId: 'task-1' }),
    ).not.toHaveProperty('run.stopRequestedAt');
  });
});

describe('a missing task', () => {
  const missing = (taskId: string) => ({ type: 'task_missing', taskId }) as const;

  it('counts as lost after the timeout, with a message', () => {
    const run = acceptedRun({ missingSince: T0 });
    const late = T0 + POLICY.taskMissingTimeoutMs;
    expect(step(running({ run }), missing('task-1'), late - 1).workbench.status).toBe('running');
    expect(step(running({ run }), missing('task-1'), late).workbench).toMatchObject({
      status: 'stopped',
      desired: 'stopped',
      reason: { code: 'task_lost', message: 'The task disappeared, and ECS gives no reason.' },
    });
  });

  it("that is not the run's task does not affect the run", () => {
    const { workbench } = step(running({ run: acceptedRun() }), missing('task-9'), T0);
    expect(workbench).not.toHaveProperty('run.missingSince');
  });

  it('that is an unexpected task keeps the time at which it was first missing', () => {
    const unexpectedTasks = [
      { taskId: 'task-0' },
      { taskId: 'task-8', goneAfter: T0 + 1 },
      { taskId: 'task-9' },
    ];
    const before = stopped({ unexpectedTasks });
    const goneAfter = T0 + POLICY.taskMissingTimeoutMs;
    expect(step(before, missing('task-0'), T0).workbench.unexpectedTasks).toEqual([
      { taskId: 'task-0', goneAfter },
      unexpectedTasks[1],
      unexpectedTasks[2],
    ]);
    expect(step(before, missing('task-8'), T0).workbench.unexpectedTasks).toEqual(unexpectedTasks);
  });
});
