import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { dueAt, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  ID,
  issuedRun,
  pending,
  provisioning,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const step = lifecycle(DEFAULT_POLICY);

function aTask(fields: Partial<TaskObservation> = {}): TaskObservation {
  return {
    taskId: 'task-1',
    userId: USER,
    workbenchId: ID,
    runId: RUN_ID,
    attempt: 1,
    version: 9,
    status: 'running',
    instance: 'connected',
    ...fields,
  };
}

function observe(workbench: Workbench, task: Partial<TaskObservation>, now = T0): Workbench {
  return step(workbench, { type: 'task_observed', task: aTask(task) }, now).workbench;
}

describe('an observation of the current task', () => {
  it('that is older than the record changes nothing', () => {
    const now = running({ run: acceptedRun({ taskVersion: 10 }) });
    expect(observe(now, { version: 9, status: 'pending' })).toBe(now);
    const later = stopping({ run: acceptedRun({ taskVersion: 10 }) });
    expect(observe(later, { version: 9, status: 'stopped' })).toBe(later);
  });

  it('that repeats the recorded state changes nothing', () => {
    const observed = observe(pending(), { version: 9, status: 'running' });
    expect(observe(observed, { version: 9, status: 'running' })).toBe(observed);
  });

  it('that arrives before the RunTask response resolves the issued run', () => {
    const observed = observe(starting({ run: issuedRun(), mount: {} }), {
      status: 'provisioning',
      version: 1,
    });
    expect(observed).toMatchObject({ status: 'provisioning', run: { phase: 'accepted', taskId: 'task-1' } });
  });

  it('keeps the deadline while the status stays, and sets a new one when the status changes', () => {
    const same = observe(provisioning(), { status: 'provisioning', detail: 'waiting' }, T0 + 1000);
    expect(same).toMatchObject({ deadlineAt: provisioning().deadlineAt, detail: 'waiting' });
    const moved = observe(provisioning(), { status: 'pending' }, T0 + 1000);
    expect(moved).toMatchObject({
      status: 'pending',
      deadlineAt: T0 + 1000 + DEFAULT_POLICY.pendingTimeoutMs,
    });
  });

  it('that is unhealthy is shown and stops nothing, until the task is healthy again', () => {
    const unhealthy = observe(running(), { status: 'running', version: 9, unhealthy: true });
    expect(unhealthy).toMatchObject({ status: 'running', unhealthy: true });
    expect(statusDetail(unhealthy)).toBe('unhealthy');
    const healthy = observe(unhealthy, { status: 'running', version: 10 });
    expect(healthy).toMatchObject({ status: 'running' });
    expect(healthy).not.toHaveProperty('unhealthy');
    expect(statusDetail(healthy)).toBeUndefined();
  });

  it('truncates the detail of the task to the maximum of the record', () => {
    expect(
      statusDetail(observe(provisioning(), { status: 'provisioning', detail: 'x'.repeat(999) })),
    ).toHaveLength(200);
  });

  it('settles a start whose task runs, and stores when it became ready', () => {
    const observed = observe(pending(), { endpoint: 'http://10.0.0.1:8080' }, T0 + 7);
    expect(observed).toMatchObject({
      status: 'running',
      readyAt: T0 + 7,
      run: { endpoint: 'http://10.0.0.1:8080' },
    });
    expect(observed.nextDriveAt).toBeUndefined();
  });

  it('stores how long its start took, until the next start has succeeded', () => {
    const ran = observe(pending({ lastStartMs: 5 }), {}, T0 + 90_000);
    expect(ran).toMatchObject({ status: 'running', lastStartMs: 90_000 });
    expect(observe(ran, { version: 9 }, T0 + 100_000)).toMatchObject({ lastStartMs: 90_000 });
    expect(observe(pending({ lastStartMs: 5 }), { status: 'pending' })).toMatchObject({ lastStartMs: 5 });
  });

  it('keeps the duration of an earlier start if the clock was set back since the request', () => {
    expect(observe(pending({ lastStartMs: 5 }), {}, T0 - 1)).toMatchObject({ lastStartMs: 5 });
    expect(observe(pending(), {}, T0 - 1)).not.toHaveProperty('lastStartMs');
  });

  it('that stops without a request gets its reason once the task has one', () => {
    const ending = observe(running(), { status: 'stopping' });
    expect(ending).toMatchObject({ status: 'stopping', desired: 'stopped', unexplained: true });
    expect(ending).not.toHaveProperty('reason');
    const explained = observe(ending, {
      version: 10,
      status: 'stopped',
      stop: { code: 'out_of_memory', message: 'Too much.' },
    });
    expect(explained).toMatchObject({ reason: { code: 'out_of_memory', message: 'Too much.' } });
    expect(explained).not.toHaveProperty('unexplained');
  });

  it('that stops without a request gets the reason instance_lost if the instance ends before the task has a reason', () => {
    const ending = observe(running(), { status: 'stopping' });
    const ended = observe(ending, { version: 10, status: 'stopping', instance: 'gone' });
    expect(ended).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });

  it('that stops without a request and is then missing gets the reason task_lost', () => {
    const ending = observe(running(), { status: 'stopping' });
    const missing = step(ending, { type: 'task_missing', taskId: 'task-1' }, T0).workbench;
    const later = T0 + DEFAULT_POLICY.taskMissingTimeoutMs;
    const polled = { ...missing, updatedAt: later };
    const ended = step(polled, { type: 'task_missing', taskId: 'task-1' }, later).workbench;
    expect(ended).toMatchObject({ status: 'stopped', reason: { code: 'task_lost' } });
  });

  it('that stops because of a request has no reason if its instance ends too', () => {
    expect(observe(stopping(), { status: 'stopping', instance: 'gone' })).not.toHaveProperty('reason');
  });

  it('that was stopped from outside the controller gets that reason', () => {
    const ended = observe(running(), {
      status: 'stopped',
      stop: { code: 'requested', message: 'Task stopped by user' },
    });
    expect(ended).toMatchObject({ reason: { code: 'stopped_externally' } });
  });

  it('that stops because of a request has no reason', () => {
    const ended = observe(stopping(), {
      status: 'stopped',
      stop: { code: 'exited', message: 'Exit code 143.' },
    });
    expect(ended).not.toHaveProperty('reason');
  });

  it('counts a stopped task as gone only after the stop settle period', () => {
    const ended = observe(stopping(), { status: 'stopped' });
    expect(ended).toMatchObject({ status: 'stopping', run: { goneAfter: T0 + DEFAULT_POLICY.stopSettleMs } });
    expect(dueAt(ended)).toBe(T0);
    const before = step(ended, { type: 'tick' }, T0 + DEFAULT_POLICY.stopSettleMs - 1).workbench;
    expect(before.status).toBe('stopping');
    const after = step(ended, { type: 'tick' }, T0 + DEFAULT_POLICY.stopSettleMs).workbench;
    expect(after).toMatchObject({ status: 'stopped', lastTaskId: 'task-1' });
  });

  it.each(['ending', 'unknown', 'disconnected'] as const)(
    'no longer counts a stopped task as gone if its instance turns out to be %s',
    (instance) => {
      const ended = observe(stopping(), { status: 'stopped' });
      const open = observe(ended, { status: 'stopped', instance }, T0 + 1000);
      expect(open).not.toHaveProperty('run.goneAfter');
      const later = T0 + DEFAULT_POLICY.stopSettleMs;
      const { workbench, effects } = step(open, { type: 'tick' }, later);
      expect(workbench.status).toBe('stopping');
      expect(effects).toMatchObject([{ type: 'stop_task', taskId: 'task-1' }]);
      expect(observe(open, { status: 'stopped', instance: 'gone' }, later).status).toBe('stopped');
    },
  );

  it('does not count a task as stopped while the agent is silent', () => {
    const ended = observe(stopping(), { status: 'stopped', instance: 'disconnected' });
    expect(ended.status).toBe('stopping');
    expect(ended).not.toHaveProperty('run.goneAfter');
    expect(observe(ended, { status: 'stopped', instance: 'gone' }).status).toBe('stopped');
  });

  it('counts the end of the instance as the end of the task in any state', () => {
    expect(observe(running(), { instance: 'gone' })).toMatchObject({
      status: 'stopped',
      desired: 'stopped',
      reason: { code: 'instance_lost' },
    });
    const lastAttempt = provisioning({ failedStarts: 2 });
    expect(observe(lastAttempt, { status: 'pending', instance: 'gone' })).toMatchObject({
      reason: { code: 'instance_lost' },
    });
    expect(observe(stopping(), { instance: 'gone' }).status).toBe('stopped');
  });

  it('that was never placed needs no stop settle period', () => {
    const { instance: _none, ...unplaced } = aTask({
      status: 'stopped',
      stop: { code: 'no_capacity', message: 'None.' },
    });
    const ended = step(provisioning(), { type: 'task_observed', task: unplaced }, T0).workbench;
    expect(ended).toMatchObject({ status: 'stopped', reason: { code: 'no_capacity' } });
  });
});

describe('an observation of another task', () => {
  const other = { taskId: 'task-0', runId: 'older-run' };

  it('that is stopped never changes the status', () => {
    for (const workbench of [running(), stopped(), starting(), stopping(), deleting()]) {
      expect(observe(workbench, { ...other, status: 'stopped' })).toBe(workbench);
    }
  });

  it('that lives is added as an unexpected task and stopped', () => {
    const { workbench, effects } = step(running(), { type: 'task_observed', task: aTask(other) }, T0);
    expect(workbench).toMatchObject({ status: 'running', unexpectedTasks: [{ taskId: 'task-0' }] });
    expect(effects).toContainEqual({
      type: 'stop_task',
      taskId: 'task-0',
      reason: 'task does not belong to the current run',
    });
    expect(workbench.outbox.at(-1)?.type).toBe('unexpected_task_found');
  });

  it('of an earlier attempt of the same run is an unexpected task too', () => {
    const now = provisioning({ run: acceptedRun({ attempt: 2, taskId: 'task-2' }) });
    expect(observe(now, { attempt: 1 }).unexpectedTasks).toEqual([{ taskId: 'task-1' }]);
  });

  it('of the last finished run is ignored', () => {
    const now = stopped({ lastTaskId: 'task-0' });
    expect(observe(now, other)).toBe(now);
  });

  it('prevents every start of a task and every deletion of files while the task lives', () => {
    const unexpectedTasks = [{ taskId: 'task-0', stopRequestedAt: T0 }];
    const start = step(starting({ unexpectedTasks, mount: {} }), { type: 'tick' }, T0);
    expect(start.effects).toEqual([{ type: 'describe_task', taskId: 'task-0' }]);
    expect(statusDetail(start.workbench)).toBe('run');
    const deletion = step(deleting({ unexpectedTasks }), { type: 'tick' }, T0);
    expect(deletion.effects).toEqual([{ type: 'describe_task', taskId: 'task-0' }]);
    expect(statusDetail(deletion.workbench)).toBe('run');
  });

  it('is removed once it has stopped and the settle period has passed', () => {
    const observed = observe(stopped({ unexpectedTasks: [{ taskId: 'task-0' }] }), {
      ...other,
      status: 'stopped',
    });
    expect(observed.unexpectedTasks).toEqual([
      { taskId: 'task-0', goneAfter: T0 + DEFAULT_POLICY.stopSettleMs },
    ]);
    const after = step(observed, { type: 'tick' }, T0 + DEFAULT_POLICY.stopSettleMs).workbench;
    expect(after.unexpectedTasks).toEqual([]);
  });

  it('is removed at once if its instance is gone, and after the timeout if it is missing', () => {
    const before = stopped({ unexpectedTasks: [{ taskId: 'task-0' }] });
    expect(observe(before, { ...other, instance: 'gone' }).unexpectedTasks).toEqual([]);
    const missing = step(before, { type: 'task_missing', taskId: 'task-0' }, T0).workbench;
    expect(missing.unexpectedTasks).toEqual([
      { taskId: 'task-0', goneAfter: T0 + DEFAULT_POLICY.taskMissingTimeoutMs },
    ]);
  });

  it('is kept while it may still run on an instance with a silent agent', () => {
    const before = stopped({ unexpectedTasks: [{ taskId: 'task-0' }] });
    expect(
      observe(before, { ...other, status: 'stopped', instance: 'disconnected' }).unexpectedTasks,
    ).toEqual([{ taskId: 'task-0', agentSilentSince: T0 }]);
  });

  it('that is found alive after it was missing is kept again, and is no longer silent once its agent is connected', () => {
    const before = stopped({
      unexpectedTasks: [{ taskId: 'task-0', goneAfter: T0 + 1, agentSilentSince: T0 - 1 }],
    });
    expect(
      observe(before, { ...other, status: 'running', instance: 'disconnected' }).unexpectedTasks,
    ).toEqual([{ taskId: 'task-0', agentSilentSince: T0 - 1 }]);
    expect(observe(before, { ...other, status: 'running', instance: 'connected' }).unexpectedTasks).toEqual([
      { taskId: 'task-0' },
    ]);
  });

  it('above the maximum of a record is left to the sweep', () => {
    const unexpectedTasks = ['a', 'b'].map((taskId) => ({ taskId }));
    const full = stopped({ unexpectedTasks });
    expect(observe(full, other)).toBe(full);
  });
});

describe('a missing task', () => {
  it('is polled until the timeout', () => {
    const missing = step(running(), { type: 'task_missing', taskId: 'task-1' }, T0).workbench;
    expect(missing).toMatchObject({ status: 'running', run: { missingSince: T0 } });
    expect(dueAt(missing)).toBe(T0 + DEFAULT_POLICY.pollIntervalMs);
    const found = observe(missing, { version: 9, status: 'running' });
    expect(found).not.toHaveProperty('run.missingSince');
  });

  it('ends a stop or deletion without a reason', () => {
    const run = acceptedRun({ missingSince: T0 });
    const now = T0 + DEFAULT_POLICY.taskMissingTimeoutMs;
    const ending = stopping({ run, updatedAt: now });
    const ended = step(ending, { type: 'task_missing', taskId: 'task-1' }, now).workbench;
    expect(ended.status).toBe('stopped');
    expect(ended).not.toHaveProperty('reason');
    const deletion = deleting({ run, updatedAt: now });
    const gone = step(deletion, { type: 'task_missing', taskId: 'task-1' }, now).workbench;
    expect(gone).not.toHaveProperty('run');
  });
});

describe('an outcome of another run', () => {
  const stale = { runId: 'older-run', attempt: 1 };
  const inputs = [
    { type: 'run_placed', ...stale, placement: { kind: 'provider', provider: 'small' } },
    { type: 'run_refused', ...stale, reason: { code: 'no_capacity', message: 'None.' }, retryable: false },
    {
      type: 'host_accepted',
      generation: 7,
      host: { instanceId: 'i-9', state: 'running', agentConnected: true },
    },
    {
      type: 'host_refused',
      generation: 7,
      reason: { code: 'no_capacity', message: 'None.' },
      retryable: false,
    },
    { type: 'host_stop_requested', instanceId: 'i-9' },
    { type: 'host_observed', host: { instanceId: 'i-9', state: 'terminated', agentConnected: false } },
    { type: 'host_hint', host: { instanceId: 'i-9', state: 'terminated', agentConnected: false } },
    { type: 'volume_refused', reason: { code: 'storage_failed', message: 'No.' }, retryable: false },
    { type: 'volume_deleted' },
  ] as const;

  it('changes nothing that is visible to a user', () => {
    for (const workbench of [running({ host: aHost() }), provisioning(), stopped()]) {
      for (const outcome of inputs) {
        const { revision } = workbench;
        const { workbench: after } = step(workbench, { type: 'outcomes', revision, outcomes: [outcome] }, T0);
        expect([after.status, after.desired, after.host]).toEqual([
          workbench.status,
          workbench.desired,
          workbench.host,
        ]);
      }
    }
  });

  it('does not delay effects that became pending since', () => {
    const requested = step(running(), { type: 'stop', by: 'ada' }, T0).workbench;
    const observation = { type: 'task_observed', task: aTask({ version: 9 }) } as const;
    const { workbench } = step(
      requested,
      { type: 'outcomes', revision: requested.revision - 1, outcomes: [observation] },
      T0,
    );
    expect(dueAt(workbench)).toBe(T0);
  });
});
