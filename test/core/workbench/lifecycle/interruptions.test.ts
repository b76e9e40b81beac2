import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import type { Interruption } from '#core/workbench/interruption.ts';
import type { Input, Observation } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
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

const step = lifecycle(POLICY);
const SECOND = 1_000;
const TASK_ID = '0123456789abcdef0123456789abcdef';
const NEXT_RUN_ID = '0123456789abcdef';
const SPEC = running().spec;
const SPOT: Interruption = { kind: 'spot', stopAt: T0 + POLICY.interruptionStopMs };
const DRAINING: Interruption = { kind: 'draining' };

function notice(
  kind: 'spot' | 'draining',
  fields: Partial<Extract<Observation, { type: 'interruption_noticed' }>> = {},
) {
  return { type: 'interruption_noticed', taskId: TASK_ID, kind, at: T0, ...fields } as const;
}

function apply(workbench: Workbench, input: Input, now = T0): Workbench {
  return step(workbench, input, now).workbench;
}

function runningOn(interruption?: Interruption, onInterruption?: 'stop' | 'restart') {
  const run = acceptedRun({ taskId: TASK_ID, taskVersion: 3, ...(interruption ? { interruption } : {}) });
  return running({ run, spec: { ...SPEC, ...(onInterruption ? { onInterruption } : {}) } });
}

function stoppedTask(fields: Partial<TaskObservation> = {}): TaskObservation {
  return {
    taskId: TASK_ID,
    userId: USER,
    workbenchId: ID,
    runId: RUN_ID,
    attempt: 1,
    version: 9,
    status: 'stopped',
    ...fields,
  };
}

const SPOT_STOP = { code: 'spot_interrupted', message: 'Your Spot Task was interrupted.' } as const;
const LOST = { code: 'instance_lost', message: 'Host EC2 (instance i-1) terminated.' } as const;

describe('the news that the instance of a task is about to end', () => {
  it.each([
    ['spot', SPOT, 'spot_interruption'],
    ['draining', DRAINING, 'instance_draining'],
  ] as const)('is stored, shown and added to the history: %s', (kind, interruption, detail) => {
    const run = acceptedRun({ taskId: TASK_ID });
    for (const workbench of [runningOn(), pending({ run }), provisioning({ run })]) {
      const after = apply(workbench, notice(kind));
      expect(after).toMatchObject({ status: workbench.status, run: { interruption } });
      expect(statusDetail(after)).toBe(detail);
      expect(after.outbox).toMatchObject([{ type: 'interruption_noticed' }]);
    }
  });

  it('that is repeated changes nothing; a spot warning replaces the draining, but not the reverse', () => {
    expect(apply(runningOn(SPOT), notice('spot', { at: T0 + 60 * SECOND }))).toEqual(runningOn(SPOT));
    expect(apply(runningOn(SPOT), notice('draining'))).toEqual(runningOn(SPOT));
    expect(apply(runningOn(DRAINING), notice('draining'))).toEqual(runningOn(DRAINING));
    expect(apply(runningOn(DRAINING), notice('spot'))).toMatchObject({ run: { interruption: SPOT } });
  });

  it('ends the run in time even if the clock of the controller is behind that of AWS', () => {
    const warned = apply(runningOn(), notice('spot', { at: T0 + 3600 * SECOND }));
    expect(dueAt({ ...warned, outbox: [] })).toBe(T0 + POLICY.interruptionStopMs);
  });

  it('of another task, or of a workbench whose task has not started or ends already, changes nothing', () => {
    const run = acceptedRun({ taskId: TASK_ID });
    const other = runningOn();
    expect(apply(other, notice('spot', { taskId: 'another' }))).toBe(other);
    for (const workbench of [
      stopped(),
      starting(),
      starting({ run: issuedRun() }),
      stopping({ run }),
      deleting({ run }),
    ])
      expect(apply(workbench, notice('spot'))).toBe(workbench);
  });

  it('survives the observations of the task', () => {
    const observed = stoppedTask({ status: 'running', instance: 'connected' });
    const after = apply(runningOn(SPOT), { type: 'task_observed', task: observed });
    expect(after).toMatchObject({ status: 'running', run: { taskVersion: 9, interruption: SPOT } });
  });
});

describe('a running workbench whose spot instance is taken back', () => {
  const due = T0 + POLICY.interruptionStopMs;

  it('is due, and stopped, 75 s after the warning', () => {
    const warned = apply(runningOn(), notice('spot'));
    expect(due).toBe(T0 + 75 * SECOND);
    expect(dueAt({ ...warned, outbox: [] })).toBe(due);
    expect(apply(warned, { type: 'tick' }, due - 1)).toMatchObject({ status: 'running' });
    const { workbench, effects } = step(warned, { type: 'tick' }, due);
    expect(workbench).toMatchObject({
      status: 'stopping',
      desired: 'stopped',
      reason: {
        code: 'spot_interrupted',
        message:
          'AWS took the spot instance of the workbench back. Start the workbench again, or set on_interruption to restart.',
      },
    });
    expect(workbench).not.toHaveProperty('nextRun');
    expect(effects).toMatchObject([{ type: 'stop_task', taskId: TASK_ID }]);
    expect(workbench.outbox.at(-1)).toMatchObject({ type: 'status_changed', code: 'spot_interrupted' });
  });

  it('is stopped at once if the warning is late', () => {
    const late = apply(runningOn(), notice('spot', { at: T0 - 90 * SECOND }));
    expect(dueAt({ ...late, outbox: [] })).toBeLessThan(T0);
    expect(apply(late, { type: 'tick' })).toMatchObject({ status: 'stopping' });
  });

  it('starts again with another run if the user asked for it', () => {
    const warned = apply(runningOn(undefined, 'restart'), notice('spot'));
    const ending = apply(warned, { type: 'tick' }, due);
    expect(ending).toMatchObject({
      status: 'stopping',
      desired: 'running',
      nextRun: { runId: NEXT_RUN_ID, requestedAt: due },
    });
    expect(ending.outbox.at(-1)).toMatchObject({
      type: 'restarted_after_interruption',
      code: 'spot_interrupted',
    });
    const gone = apply(
      ending,
      { type: 'task_observed', task: stoppedTask({ instance: 'gone', stop: LOST }) },
      due,
    );
    expect(gone).toMatchObject({
      status: 'starting',
      run: { phase: 'preparing', runId: NEXT_RUN_ID, attempt: 1 },
    });
    // Its entry was added when the restart was decided.
    expect(gone.outbox.at(-1)).toMatchObject({ type: 'status_changed', to: 'starting' });
  });

  it('is not noted as a start by the schedule, whether its time has come or not', () => {
    const schedule = { start: '0 8 * * *', zone: 'UTC', nextStartAt: due };
    const { run, spec } = runningOn(SPOT, 'restart');
    const ending = stopping({ run, spec, schedule, unexplained: true });
    const gone = { type: 'task_observed', task: stoppedTask({ instance: 'gone', stop: LOST }) } as const;
    for (const now of [due - 1, due]) {
      const after = apply({ ...ending, updatedAt: now }, gone, now);
      expect(after).toMatchObject({ status: 'starting', run: { runId: NEXT_RUN_ID } });
      expect(after.outbox).toMatchObject([{ type: 'restarted_after_interruption' }]);
    }
  });

  it('is not stopped before its start has ended: another attempt can follow the end of the instance', () => {
    const run = acceptedRun({ taskId: TASK_ID, interruption: SPOT });
    expect(apply(pending({ run }), { type: 'tick' }, due)).toMatchObject({ status: 'pending' });
  });
});

describe('a workbench on an instance that is being replaced', () => {
  it('is not stopped by the controller', () => {
    const draining = apply(runningOn(undefined, 'restart'), notice('draining'));
    expect(dueAt({ ...draining, outbox: [] })).toBeUndefined();
    expect(apply(draining, { type: 'tick' }, T0 + 3_600 * SECOND)).toMatchObject({ status: 'running' });
  });
});

describe('a run that ends with its instance', () => {
  const ended = (stop: TaskObservation['stop']): Input => ({
    type: 'task_observed',
    task: stoppedTask({ instance: 'gone', ...(stop ? { stop } : {}) }),
  });

  it.each([
    ['after a spot warning', SPOT, LOST, 'spot_interrupted'],
    ['after the news that it is being replaced', DRAINING, LOST, 'instance_lost'],
    ['without any news', undefined, LOST, 'instance_lost'],
  ] as const)('%s has the reason for it', (_, interruption, stop, code) => {
    expect(apply(runningOn(interruption), ended(stop))).toMatchObject({
      status: 'stopped',
      reason: { code },
    });
  });

  it.each([
    ['after a spot warning', SPOT, LOST, true],
    ['after the news that it is being replaced', DRAINING, LOST, true],
    ['without any news', undefined, LOST, false],
  ] as const)(
    '%s restarts the workbench if the user asked for it and AWS announced it',
    (_, interruption, stop, restarts) => {
      const after = apply(runningOn(interruption, 'restart'), ended(stop));
      expect(after.status).toBe(restarts ? 'starting' : 'stopped');
      expect(apply(runningOn(interruption, 'stop'), ended(stop)).status).toBe('stopped');
    },
  );

  it('restarts with the reason that the task reports later', () => {
    const ending = apply(runningOn(undefined, 'restart'), {
      type: 'task_observed',
      task: stoppedTask({ status: 'stopping', instance: 'connected' }),
    });
    expect(ending).toMatchObject({ status: 'stopping', desired: 'stopped', unexplained: true });
    const explained = apply(ending, {
      type: 'task_observed',
      task: stoppedTask({ version: 10, instance: 'connected', stop: SPOT_STOP }),
    });
    expect(explained).toMatchObject({
      desired: 'running',
      reason: SPOT_STOP,
      nextRun: { runId: NEXT_RUN_ID },
    });
  });

  it('for another reason does not restart, although its instance is being replaced', () => {
    const exited = { code: 'exited', message: 'The main process exited with code 1.' } as const;
    const task = stoppedTask({ instance: 'connected', stop: exited });
    const after = apply(runningOn(DRAINING, 'restart'), { type: 'task_observed', task });
    expect(after).toMatchObject({ desired: 'stopped', reason: exited });
    expect(after).not.toHaveProperty('nextRun');
  });

  it('before the workbench has run does not restart it: its start is retried within its limits', () => {
    const run = acceptedRun({ taskId: TASK_ID, interruption: SPOT });
    const spec = { ...SPEC, onInterruption: 'restart' as const };
    const failed = ended({ ...SPOT_STOP, retryable: true });
    expect(apply(pending({ run, spec }), failed)).toMatchObject({
      ...{ status: 'starting', failedStarts: 1, run: { runId: RUN_ID, attempt: 2 } },
    });
    const tooLate = T0 - POLICY.startAttemptsWithinMs;
    for (const limit of [{ failedStarts: 2 }, { startedAt: tooLate }]) {
      const after = apply(pending({ run, spec, ...limit }), failed);
      expect(after).toMatchObject({ status: 'stopped', reason: SPOT_STOP });
      expect(after.outbox.map(({ type }) => type)).not.toContain('restarted_after_interruption');
    }
  });

  it('restarts after its host was lost, on another one', () => {
    const spec = { ...SPEC, dedicatedInstanceType: 'm7i.large', onInterruption: 'restart' as const };
    const workbench = running({
      spec,
      host: aHost(),
      run: acceptedRun({ taskId: TASK_ID, interruption: DRAINING }),
    });
    const host = { instanceId: 'i-0123456789abcdef0', state: 'terminated', agentConnected: false } as const;
    expect(apply(workbench, { type: 'host_observed', host })).toMatchObject({
      status: 'starting',
      host: { generation: 2 },
    });
  });

  it('does not restart if the user has stopped it in the meantime', () => {
    const ending = stopping({
      unexplained: true,
      spec: { ...SPEC, onInterruption: 'restart' },
      run: acceptedRun({ taskId: TASK_ID, interruption: SPOT, taskVersion: 3, stopRequestedAt: T0 }),
    });
    const requested = apply(ending, { type: 'stop', by: USER });
    const after = apply(requested, ended(LOST));
    expect(after).toMatchObject({ status: 'stopped', desired: 'stopped' });
    const restarting = apply(ending, {
      type: 'task_observed',
      task: stoppedTask({ instance: 'connected', stop: SPOT_STOP }),
    });
    expect(restarting).toMatchObject({ desired: 'running' });
    expect(apply(restarting, { type: 'stop', by: USER })).toMatchObject({ desired: 'stopped' });
  });

  it('keeps the run that the user has requested in the meantime', () => {
    const ending = stopping({
      unexplained: true,
      desired: 'running',
      nextRun: { runId: 'requested', requestedAt: T0 },
      spec: { ...SPEC, onInterruption: 'restart' },
      run: acceptedRun({ taskId: TASK_ID, interruption: SPOT }),
    });
    expect(apply(ending, ended(LOST))).toMatchObject({ status: 'starting', run: { runId: 'requested' } });
  });
});

describe('the policy for interruptions', () => {
  it('can be changed in every status but deleting', () => {
    const update = { type: 'update', changes: { onInterruption: 'restart' }, by: USER } as const;
    for (const workbench of [stopped(), starting(), provisioning(), pending(), running(), stopping()])
      expect(apply(workbench, update)).toMatchObject({ spec: { ...SPEC, onInterruption: 'restart' } });
    expect(() => apply(deleting(), update)).toThrow('The workbench is being deleted.');
  });
});
