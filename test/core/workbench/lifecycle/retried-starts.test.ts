import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import type { Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY, type Policy } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import type { ReasonCode } from '#core/workbench/reasons.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import type { Stopping, Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
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

const SETTLED = T0 + DEFAULT_POLICY.stopSettleMs;
const PULL_FAILED = { code: 'image_pull_failed', message: 'toomanyrequests: Rate exceeded' } as const;
const MOUNT_FAILED = {
  code: 'storage_failed',
  message: 'VolumeDriver.Mount: access denied by server',
} as const;

function apply(workbench: Workbench, input: Input, now = T0, policy: Partial<Policy> = {}): Workbench {
  return lifecycle({ ...DEFAULT_POLICY, ...policy })(workbench, input, now).workbench;
}

function observed(task: Partial<TaskObservation>): Input {
  const base: TaskObservation = {
    ...{ taskId: 'task-1', userId: USER, workbenchId: ID, runId: RUN_ID, attempt: 1 },
    ...{ version: 9, status: 'stopped', instance: 'connected' },
  };
  return { type: 'task_observed', task: { ...base, ...task } };
}

/** The task has failed before it ran, for a reason that may pass. */
function failed(reason: { readonly code: ReasonCode; readonly message: string }, task = {}): Input {
  return observed({ stop: { ...reason, retryable: true }, ...task });
}

/** The record after the task has failed and its stop settle period has passed. */
function afterFailure(workbench: Workbench, input: Input, policy: Partial<Policy> = {}): Workbench {
  return apply(apply(workbench, input, T0, policy), { type: 'tick' }, SETTLED, policy);
}

describe('a start whose task fails before the workbench runs', () => {
  it('stops the task and is then retried with the next attempt of the same run', () => {
    const ending = apply(pending({ startedAt: T0 - 60_000 }), failed(PULL_FAILED));
    expect(ending).toMatchObject({
      ...{ status: 'stopping', desired: 'running', reason: PULL_FAILED },
      nextRun: { runId: RUN_ID, requestedAt: T0 - 60_000, retry: { attempt: 2, failedStarts: 1 } },
    });
    expect(statusDetail(ending)).toBe('retry');
    const retried = apply(ending, { type: 'tick' }, SETTLED);
    expect(retried).toMatchObject({
      ...{ status: 'starting', desired: 'running', refusal: PULL_FAILED, failedStarts: 1 },
      run: { phase: 'preparing', runId: RUN_ID, attempt: 2 },
      ...{ startedAt: T0 - 60_000, nextDriveAt: SETTLED, lastTaskId: 'task-1' },
      deadlineAt: SETTLED + DEFAULT_POLICY.startingTimeoutMs,
    });
    expect(retried.mount).toEqual(pending().mount);
    expect(retried.outbox.at(-1)).toMatchObject({
      ...{ type: 'start_retried', code: 'image_pull_failed', from: 'stopping', to: 'starting' },
    });
  });

  it.each([
    ['provisioning', provisioning()],
    ['issued', starting({ run: issuedRun(), mount: {} })],
  ])('is retried while it is %s', (_, workbench) => {
    expect(afterFailure(workbench, failed(PULL_FAILED))).toMatchObject({
      status: 'starting',
      failedStarts: 1,
    });
  });

  it('is retried at once, then after 30 seconds, and then ends with the reason of the last task', () => {
    const second = afterFailure(pending({ failedStarts: 1 }), failed(PULL_FAILED));
    expect(second).toMatchObject({ status: 'starting', failedStarts: 2, nextDriveAt: SETTLED + 30_000 });
    const third = afterFailure(pending({ failedStarts: 2 }), failed(MOUNT_FAILED));
    expect(third).toMatchObject({ status: 'stopped', desired: 'stopped', reason: MOUNT_FAILED });
    expect(third.outbox).toMatchObject([{ code: 'storage_failed' }, { to: 'stopped' }]);
  });

  it('counts its failed tasks until the workbench runs', () => {
    const retried = starting({ run: issuedRun(), mount: {}, failedStarts: 2 });
    const accepted = apply(retried, observed({ status: 'provisioning', version: 1 }));
    expect(accepted).toMatchObject({ status: 'provisioning', failedStarts: 2 });
    const placed = apply(accepted, observed({ status: 'pending', version: 2 }));
    expect(placed).toMatchObject({ status: 'pending', failedStarts: 2 });
    const ready = apply(placed, observed({ status: 'running', version: 3 }));
    expect(ready.status).toBe('running');
    expect(ready).not.toHaveProperty('failedStarts');
  });

  it('ends with the reason of its last task if the retry finds no task before its deadline', () => {
    const retried = starting({ failedStarts: 1, refusal: PULL_FAILED, updatedAt: T0 + 1 });
    const { deadlineAt } = retried;
    const ended = apply({ ...retried, updatedAt: deadlineAt - 1 }, { type: 'tick' }, deadlineAt);
    expect(ended).toMatchObject({ status: 'stopped', reason: PULL_FAILED });
  });

  it.each<[string, Partial<Policy>]>([
    ['the setting allows one attempt only', { startAttemptsMax: 1 }],
    ['the request is too long ago', { startAttemptsWithinMs: 60_000 }],
  ])('is not retried if %s', (_, policy) => {
    const before = pending({ startedAt: T0 - 60_000 });
    expect(apply(before, failed(PULL_FAILED), T0, policy)).toMatchObject({
      ...{ status: 'stopping', desired: 'stopped', reason: PULL_FAILED },
    });
    expect(afterFailure(before, failed(PULL_FAILED), policy).status).toBe('stopped');
  });

  it('is not retried if the end of its task takes longer than the time for retries', () => {
    const policy = { startAttemptsWithinMs: 60_000 };
    const ending = apply(pending({ startedAt: T0 - 55_000 }), failed(PULL_FAILED), T0, policy);
    expect(ending).toMatchObject({ desired: 'running' });
    expect(apply(ending, { type: 'tick' }, SETTLED, policy)).toMatchObject({
      ...{ status: 'stopped', desired: 'stopped', reason: PULL_FAILED },
    });
  });

  it('is not retried if its task would fail again, which is known once the task has stopped', () => {
    const ending = apply(pending(), observed({ status: 'stopping' }));
    expect(ending).toMatchObject({
      desired: 'running',
      unexplained: true,
      nextRun: { retry: { attempt: 2 } },
    });
    const exited = { code: 'exited', message: 'Exit code 3.' } as const;
    const explained = apply(ending, observed({ stop: exited, version: 10 }));
    expect(explained).toMatchObject({ status: 'stopping', desired: 'stopped', reason: exited });
    expect(explained).not.toHaveProperty('nextRun');
    expect(apply(explained, { type: 'tick' }, SETTLED)).toMatchObject({ status: 'stopped', reason: exited });
  });

  it('is not retried after it was running, or if ECS reports that its task is running', () => {
    expect(afterFailure(running(), failed(PULL_FAILED))).toMatchObject({
      status: 'stopped',
      reason: PULL_FAILED,
    });
    expect(apply(pending(), observed({ status: 'running', instance: 'gone' }))).toMatchObject({
      ...{ status: 'stopped', reason: { code: 'instance_lost' } },
    });
  });

  it('is not retried if its task was stopped from outside the controller', () => {
    const stop = { code: 'requested', message: 'Stopped by an operator.' } as const;
    expect(afterFailure(pending(), observed({ stop }))).toMatchObject({
      ...{ status: 'stopped', reason: { code: 'stopped_externally' } },
    });
  });

  it('is not retried if ECS has forgotten its task', () => {
    const missing: Input = { type: 'task_missing', taskId: 'task-1' };
    const later = T0 + DEFAULT_POLICY.taskMissingTimeoutMs;
    expect(apply(apply(pending(), missing), missing, later)).toMatchObject({
      ...{ status: 'stopped', reason: { code: 'task_lost' } },
    });
  });

  it('is not retried either if its task ended without a reason before ECS forgot it', () => {
    const silent = { code: 'task_lost', message: 'No reason.' } as const;
    const ending = apply(pending(), failed(silent, { instance: 'unknown' }));
    expect(ending).toMatchObject({ status: 'stopping', desired: 'running' });
    const missing: Input = { type: 'task_missing', taskId: 'task-1' };
    const later = T0 + DEFAULT_POLICY.taskMissingTimeoutMs;
    expect(apply({ ...apply(ending, missing), updatedAt: later }, missing, later)).toMatchObject({
      ...{ status: 'stopped', desired: 'stopped', reason: { code: 'task_lost' } },
    });
  });

  it('is retried at once if its task was never placed', () => {
    const stop = { ...PULL_FAILED, retryable: true };
    const { task } = observed({ stop }) as Extract<Input, { type: 'task_observed' }>;
    const { instance: _none, ...unplaced } = task;
    expect(apply(provisioning(), { type: 'task_observed', task: unplaced })).toMatchObject({
      ...{ status: 'starting', run: { attempt: 2 } },
    });
  });
});

describe('a start whose instance ends before the workbench runs', () => {
  it('is retried with the reason instance_lost if ECS gives none', () => {
    const silent = { code: 'task_lost', message: 'No reason.' } as const;
    const ending = apply(pending(), failed(silent, { instance: 'unknown' }));
    expect(ending).toMatchObject({ desired: 'running', unexplained: true });
    const still = apply(ending, failed(silent, { instance: 'ending' }));
    expect(still).toMatchObject({ status: 'stopping', unexplained: true });
    expect(apply(still, failed(silent, { instance: 'gone' }))).toMatchObject({
      ...{ status: 'starting', failedStarts: 1, refusal: { code: 'instance_lost' } },
    });
  });

  it('gets another host', () => {
    const host = aHost({ generation: 2 });
    const instanceId = host.instanceId ?? '';
    const spec = { ...pending().spec, dedicatedInstanceType: host.instanceType };
    const after = apply(pending({ host, spec }), {
      type: 'host_observed',
      host: { instanceId, state: 'terminated', agentConnected: false },
    });
    expect(after).toMatchObject({
      ...{ status: 'starting', failedStarts: 1, run: { phase: 'preparing', attempt: 2 } },
      host: { generation: 3, state: 'requested' },
    });
  });
});

describe('after storage_failed', () => {
  it('the retry ensures the volume before it places the task', () => {
    const retried = afterFailure(pending({ mount: { accessPointId: 'deleted' } }), failed(MOUNT_FAILED));
    expect(retried).toMatchObject({ status: 'starting' });
    expect(retried).not.toHaveProperty('mount');
    expect(lifecycle(DEFAULT_POLICY)(retried, { type: 'tick' }, SETTLED).effects).toEqual([
      { type: 'ensure_volume' },
    ]);
  });

  it('a start that was requested during the stop ensures the volume as well', () => {
    const nextRun = { runId: 'next', requestedAt: T0 };
    const ending = stopping({ desired: 'running', nextRun, reason: MOUNT_FAILED, run: acceptedRun() });
    const next = afterFailure(ending, failed(MOUNT_FAILED));
    expect(next).toMatchObject({ status: 'starting', run: { runId: 'next', attempt: 1 } });
    expect(next).not.toHaveProperty('mount');
    expect(next).not.toHaveProperty('failedStarts');
    expect(next).not.toHaveProperty('refusal');
  });
});

describe('a request during the stop before a retry', () => {
  const ending = apply(pending(), failed(PULL_FAILED)) as Stopping;

  it('to stop cancels the retry, and the stop has no status reason', () => {
    const cancelled = apply(ending, { type: 'stop', by: 'ada' });
    expect(cancelled).toMatchObject({ status: 'stopping', desired: 'stopped' });
    for (const field of ['nextRun', 'reason', 'unexplained']) expect(cancelled).not.toHaveProperty(field);
    const after = apply(cancelled, { type: 'tick' }, SETTLED);
    expect(after.status).toBe('stopped');
    expect(after).not.toHaveProperty('reason');
    expect(apply(after, { type: 'start', runId: 'new', by: 'ada' }, SETTLED)).not.toHaveProperty(
      'failedStarts',
    );
  });

  it('to start or restart changes nothing', () => {
    expect(apply(ending, { type: 'start', runId: 'new', by: 'ada' })).toBe(ending);
    const restart: Input = { type: 'restart', observedRunId: RUN_ID, runId: 'new', by: 'ada' };
    expect(apply(ending, restart)).toBe(ending);
  });

  it('to delete cancels the retry', () => {
    const deleting = apply(ending, { type: 'delete', by: 'ada' });
    expect(deleting.status).toBe('deleting');
    expect(deleting).not.toHaveProperty('nextRun');
  });

  it('has no effect on the reason of a workbench that has run', () => {
    const restarted = stopping({
      ...{ desired: 'running', reason: PULL_FAILED },
      nextRun: { runId: 'next', requestedAt: T0 },
    });
    expect(apply(restarted, { type: 'stop', by: 'ada' })).toMatchObject({
      desired: 'stopped',
      reason: PULL_FAILED,
    });
    expect(apply(stopped(), { type: 'start', runId: 'new', by: 'ada' })).toMatchObject({
      run: { attempt: 1 },
    });
  });
});
