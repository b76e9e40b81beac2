import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import type { EffectResult } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
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
const NO_CAPACITY = { code: 'no_capacity', message: 'No room.' } as const;
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

/** Everything but the books: what an outcome that is no news leaves as it is. */
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

describe('a run of which it is decided where it goes', () => {
  const mount = { path: 'volumes/ada' };

  it('is issued with all that its task is to be started with', () => {
    const after = applyResult(starting({ mount, failures: 2 }), placed);
    expect(after).toMatchObject({ status: 'starting', nextDriveAt: T0, failures: 0 });
    expect('run' in after && after.run).toEqual(issuedRun({ input: aTaskInput() }));
  });

  it('is not issued before its volume is there', () => {
    expectUnchanged(starting(), placed);
  });

  it('is issued once: what was sent stays what was sent', () => {
    const elsewhere = { ...placed, placement: { kind: 'provider', provider: 'large' } } as const;
    expectUnchanged(starting({ mount, run: issuedRun() }), elsewhere);
  });

  it.each([
    ['run', { runId: 'older-run' }],
    ['attempt', { attempt: 2 }],
  ])('is not issued by the decision about another %s', (_, other) => {
    expectUnchanged(starting({ mount }), { ...placed, ...other });
  });

  it('is not issued when it is wanted no longer', () => {
    for (const workbench of [stopped({ mount }), stopping({ run: undefined }), deleting(), running()])
      expectUnchanged(workbench, placed);
  });
});

describe('an attempt that came to nothing', () => {
  const issued = starting({ mount: {}, run: issuedRun(), failures: 2 });

  it('for now is followed by the next, under another token, and why is remembered', () => {
    expect(applyResult(issued, refused)).toMatchObject({
      status: 'starting',
      run: { phase: 'preparing', runId: RUN_ID, attempt: 2 },
      refusal: NO_CAPACITY,
      failures: 0,
      nextDriveAt: T0 + POLICY.startRetryMs,
    });
  });

  it('for good ends the start, with why', () => {
    const after = applyResult(issued, { ...refused, retryable: false });
    expect(after).toMatchObject({ status: 'stopped', desired: 'stopped', reason: NO_CAPACITY });
  });

  it('while it was to be stopped ends the stop: there is no task', () => {
    const after = applyResult(stopping({ run: issuedRun(), lastTaskId: 'task-0' }), refused);
    expect(after).toMatchObject({ status: 'stopped', lastTaskId: 'task-0' });
    expect(after).not.toHaveProperty('reason');
  });

  it('while it was to be destroyed lets the destroy go on', () => {
    const after = applyResult(deleting({ run: issuedRun(), nextDriveAt: T0 + 5 }), refused);
    expect(after).not.toHaveProperty('run');
    expect(after).toMatchObject({ status: 'deleting', nextDriveAt: T0 });
  });

  it('is no news of an attempt that has its task, or of another one', () => {
    expectUnchanged(provisioning(), refused);
    expectUnchanged(running({ run: acceptedRun() }), { ...refused, retryable: false });
    expectUnchanged(stopping(), refused);
    expectUnchanged(issued, { ...refused, attempt: 2 });
    expectUnchanged(issued, { ...refused, runId: 'older-run' });
    expectUnchanged(stopped(), refused);
  });
});

describe('a task that is seen', () => {
  const task: TaskObservation = {
    ...{ taskId: 'task-1', userId: USER, workbenchId: ID, ...ATTEMPT },
    ...{ version: 4, status: 'provisioning' },
  };

  function see(workbench: Workbench, fields: Partial<TaskObservation> = {}, now = T0): Workbench {
    return step(workbench, { type: 'task_observed', task: { ...task, ...fields } }, now).workbench;
  }

  it('makes an issued run an accepted one, with what is known of it and no more', () => {
    const after = see(starting({ run: issuedRun() }), {}, T0 + 9);
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

  it('may be on a silent machine from the first', () => {
    const after = see(starting({ run: issuedRun() }), { status: 'pending', instance: 'disconnected' });
    expect(after).toMatchObject({
      run: { agentSilentSince: T0 },
      deadlineAt: T0 + POLICY.pendingTimeoutMs,
    });
  });

  it('is remembered with where it is, also when it does not say so again', () => {
    const where = { endpoint: 'http://10.0.0.1:8080', containerInstance: 'ci-1', provider: 'small' };
    const first = see(starting({ run: issuedRun() }), { status: 'running', ...where }, T0 + 1);
    const again = see(first, { status: 'running', version: 5 }, T0 + 2);
    expect(again).toMatchObject({ run: { ...where, acceptedAt: T0 + 1, taskVersion: 5 } });
  });

  it('of a run of which nothing was sent yet, or under another id, is an unexpected task', () => {
    expect(see(starting({ run: preparingRun() })).unexpectedTasks).toEqual([{ taskId: 'task-1' }]);
    const twin = see(provisioning({ run: acceptedRun({ taskId: 'task-2' }) }));
    expect(twin.unexpectedTasks).toEqual([{ taskId: 'task-1' }]);
    expect(twin).toMatchObject({ status: 'provisioning', run: { taskId: 'task-2' } });
  });

  it('again leaves the next look where it was', () => {
    const soon = { nextDriveAt: T0 + 1000 };
    expect(see(provisioning(soon), { detail: 'news' })).toMatchObject(soon);
    expect(
      see(provisioning({ nextDriveAt: T0 + 10 * POLICY.pollIntervalMs }), { detail: 'news' }),
    ).toMatchObject({
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
    expect(see(running({ ...soon, run: acceptedRun() }), { status: 'running', version: 9 })).toMatchObject(
      soon,
    );
  });

  it('running beside an unexpected task has that one looked after at once', () => {
    const unexpectedTasks = [{ taskId: 'task-0' }];
    expect(see(provisioning({ unexpectedTasks }), { status: 'running' })).toMatchObject({
      status: 'running',
      nextDriveAt: T0,
    });
  });

  it('that became ready keeps the time at which it first did', () => {
    expect(see(running(), { status: 'running', version: 9 }, T0 + 99_000)).toMatchObject({
      readyAt: running().readyAt,
    });
  });

  it('still alive while it is to end is asked to at once, and then waited for', () => {
    const unasked = see(stopping({ nextDriveAt: T0 + 60_000 }), { status: 'running' });
    expect(unasked).toMatchObject({ status: 'stopping', nextDriveAt: T0 });
    const asked = stopping({ run: acceptedRun({ stopRequestedAt: T0 }), nextDriveAt: T0 + 60_000 });
    expect(see(asked, { status: 'stopping' })).toMatchObject({
      nextDriveAt: T0 + POLICY.pollIntervalMs,
      run: { stopRequestedAt: T0 },
    });
  });

  it('stopped keeps its fence, however often it is seen', () => {
    const ended = see(stopping(), { status: 'stopped', instance: 'connected' });
    const again = see(ended, { status: 'stopped', instance: 'connected', version: 5 }, T0 + 3000);
    expect(again).toMatchObject({ run: { goneAfter: T0 + POLICY.stopSettleMs } });
  });

  it('stopped is gone at once where no fence is wanted', () => {
    const observed = {
      type: 'task_observed',
      task: { ...task, status: 'stopped', instance: 'connected' },
    } as const;
    const unfenced = lifecycle({ ...POLICY, stopSettleMs: 0 });
    expect(unfenced(stopping(), observed, T0).workbench.status).toBe('stopped');
  });

  it('stopped from outside says so in words', () => {
    const stop = { code: 'requested', message: 'Task stopped by user' } as const;
    const ended = see(running({ run: acceptedRun() }), { status: 'stopped', instance: 'connected', stop });
    expect(ended).toMatchObject({
      reason: { code: 'stopped_externally', message: 'Its task was stopped from outside the controller.' },
    });
  });

  it('ending by itself is only looked at, and asked to end if it does not', () => {
    const ending = see(running({ run: acceptedRun() }), { status: 'stopping', instance: 'connected' });
    const owedAt = (now: number) =>
      step({ ...ending, nextDriveAt: now }, { type: 'tick' }, now).effects.map(({ type }) => type);
    expect(ending).toMatchObject({ run: { stopRequestedAt: T0 }, unexplained: true });
    expect(owedAt(T0)).toEqual(['describe_task']);
    expect(owedAt(T0 + POLICY.stopRetryMs)).toEqual(['stop_task']);
  });
});

describe('an end that nobody asked for', () => {
  const seen: TaskObservation = {
    ...{ taskId: 'task-1', userId: USER, workbenchId: ID, ...ATTEMPT },
    ...{ version: 9, status: 'stopped', instance: 'gone' },
  };
  const INSTANCE_LOST = 'The machine it ran on stopped or was lost. Start it again.';
  const end = (workbench: Workbench, task: TaskObservation = seen) =>
    step(workbench, { type: 'task_observed', task }, T0).workbench;

  it('is put down to its machine when its task does not tell why', () => {
    expect(end(stopping({ unexplained: true }))).toMatchObject({
      status: 'stopped',
      reason: { code: 'instance_lost', message: INSTANCE_LOST },
    });
  });

  it('is put down to what its task tells, when it does', () => {
    const stop = { code: 'exited', message: 'Exit code 3.' } as const;
    expect(end(stopping({ unexplained: true }), { ...seen, stop })).toMatchObject({ reason: stop });
  });

  it('is put down to nothing when it was asked for', () => {
    expect(end(stopping())).not.toHaveProperty('reason');
    expect(end(deleting({ run: acceptedRun() }))).not.toHaveProperty('reason');
  });

  it('keeps the reason that it has', () => {
    const reason = { code: 'start_timeout', message: 'Too late.' } as const;
    expect(end(stopping({ reason }))).toMatchObject({ reason });
  });

  it('past its fence, without a word from its task, has no reason', () => {
    const fenced = stopping({ unexplained: true, run: acceptedRun({ goneAfter: T0 }) });
    const { workbench } = step(fenced, { type: 'tick' }, T0);
    expect(workbench.status).toBe('stopped');
    expect(workbench).not.toHaveProperty('reason');
  });

  it('of a task that is lost says that nothing tells why', () => {
    const run = acceptedRun({ missingSince: T0 - POLICY.taskMissingTimeoutMs });
    const missing = { type: 'task_missing', taskId: 'task-1' } as const;
    const { workbench } = step(stopping({ unexplained: true, run }), missing, T0);
    expect(workbench).toMatchObject({ status: 'stopped', reason: { code: 'task_lost' } });
  });
});

describe('a stop that was asked of a task', () => {
  const asked = { type: 'task_stop_requested', taskId: 'task-1' } as const;

  it('is noted, and waited for', () => {
    expect(applyResult(stopping({ failures: 2 }), asked, T0 + 1)).toMatchObject({
      run: { stopRequestedAt: T0 + 1 },
      nextDriveAt: T0 + 1 + POLICY.pollIntervalMs,
      failures: 0,
    });
  });

  it('of an unexpected task is noted with that unexpected task alone', () => {
    const unexpectedTasks = [{ taskId: 'task-0' }, { taskId: 'task-9' }];
    const after = applyResult(stopping({ unexpectedTasks }), { ...asked, taskId: 'task-0' }, T0 + 1);
    expect(after.unexpectedTasks).toEqual([
      { taskId: 'task-0', stopRequestedAt: T0 + 1 },
      { taskId: 'task-9' },
    ]);
    expect(after).not.toHaveProperty('run.stopRequestedAt');
  });

  it('that is wanted again meanwhile is not noted with its run', () => {
    expect(applyResult(running({ run: acceptedRun() }), asked)).not.toHaveProperty('run.stopRequestedAt');
  });
});

describe('the end of a machine that was asked for', () => {
  it('is waited for', () => {
    const ending = stopping({ run: acceptedRun({ agentSilentSince: T0 }), failures: 2 });
    expect(applyResult(ending, { type: 'instance_termination_requested', taskId: 'task-1' })).toMatchObject({
      status: 'stopping',
      nextDriveAt: T0 + POLICY.pollIntervalMs,
      failures: 0,
    });
  });

  it('is not a stop that was asked of the task', () => {
    const ending = stopping({ run: acceptedRun({ agentSilentSince: T0 }) });
    expect(
      applyResult(ending, { type: 'instance_termination_requested', taskId: 'task-1' }),
    ).not.toHaveProperty('run.stopRequestedAt');
  });
});

describe('a task that is not found', () => {
  const missing = (taskId: string) => ({ type: 'task_missing', taskId }) as const;

  it('for long is lost, and says so in words', () => {
    const run = acceptedRun({ missingSince: T0 });
    const late = T0 + POLICY.taskMissingTimeoutMs;
    expect(step(running({ run }), missing('task-1'), late - 1).workbench.status).toBe('running');
    expect(step(running({ run }), missing('task-1'), late).workbench).toMatchObject({
      status: 'stopped',
      desired: 'stopped',
      reason: { code: 'task_lost', message: 'Its task is gone, and nothing tells why.' },
    });
  });

  it('is not the run that has another', () => {
    const { workbench } = step(running({ run: acceptedRun() }), missing('task-9'), T0);
    expect(workbench).not.toHaveProperty('run.missingSince');
  });

  it('and is an unexpected task has the time from when it was first missed', () => {
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
