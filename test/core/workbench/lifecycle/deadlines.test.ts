import { describe, expect, it } from 'vitest';
import type { EffectResult } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY, type Policy } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  deleting,
  issuedRun,
  pending,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const MINUTE = 60_000;

/** Applies the passing of time to a record that was written a moment ago. */
function tick(workbench: Workbench, now: number, policy: Partial<Policy> = {}): Workbench {
  return lifecycle({ ...POLICY, ...policy })({ ...workbench, updatedAt: now }, { type: 'tick' }, now)
    .workbench;
}

function applyResult(workbench: Workbench, now: number, ...outcomes: readonly EffectResult[]): Workbench {
  const { revision } = workbench;
  return lifecycle(POLICY)(workbench, { type: 'outcomes', revision, outcomes }, now).workbench;
}

describe('a start past its deadline', () => {
  it('does not end before the deadline', () => {
    const issued = starting({ run: issuedRun(), mount: {} });
    for (const workbench of [issued, provisioning(), pending()]) {
      expect(tick(workbench, workbench.deadlineAt - 1).status).toBe(workbench.status);
      expect(tick(workbench, workbench.deadlineAt).status).toBe('stopping');
    }
  });

  it.each([
    ['its volume', starting(), 'volume'],
    [
      'its host',
      starting({
        mount: {},
        spec: { cpuUnits: 1, memoryMib: 1, gpuCount: 0, dedicatedInstanceType: 'm7i.large' },
      }),
      'host',
    ],
    ['capacity', starting({ mount: {} }), 'capacity'],
    ['another task', starting({ mount: {}, unexpectedTasks: [{ taskId: 'task-0' }] }), 'run'],
  ])('reports that it was waiting for %s', (_, workbench, word) => {
    expect(tick(workbench, workbench.deadlineAt)).toMatchObject({
      desired: 'stopped',
      reason: {
        code: 'start_timeout',
        message: `The workbench did not become ready within 15 minutes. It was waiting for: ${word}.`,
      },
    });
  });

  it('reports the last refusal, if there was one', () => {
    const refusal = { code: 'no_capacity', message: 'No capacity.' } as const;
    const workbench = starting({ mount: {}, refusal });
    expect(tick(workbench, workbench.deadlineAt)).toMatchObject({ reason: refusal });
  });

  it('that waited for capacity reports how long', () => {
    const workbench = provisioning();
    expect(tick(workbench, workbench.deadlineAt)).toMatchObject({
      reason: {
        code: 'no_capacity',
        message: 'No capacity provider had free capacity within 30 minutes. Try again later or request less.',
      },
    });
  });

  it('that never became ready reports what was last seen of its task, if anything was', () => {
    const silent = pending();
    expect(tick(silent, silent.deadlineAt, { pendingTimeoutMs: 20 * MINUTE })).toMatchObject({
      reason: { code: 'start_timeout', message: 'The workbench did not become ready within 20 minutes.' },
    });
    const pulling = pending({ detail: 'pulling the image' });
    expect(tick(pulling, pulling.deadlineAt)).toMatchObject({
      reason: {
        message: 'The workbench did not become ready within 15 minutes. Last seen: pulling the image.',
      },
    });
    const { run } = pulling;
    const interrupted = {
      ...pulling,
      run: { ...run, interruption: { kind: 'spot' } },
    } as const;
    expect(tick(interrupted, pulling.deadlineAt)).toMatchObject({
      reason: {
        message:
          'The workbench did not become ready within 15 minutes. It was waiting for: spot_interruption.',
      },
    });
  });

  it.each([
    [119_000, 'within 119 seconds'],
    [120_000, 'within 2 minutes'],
    [1000, 'within 1 seconds'],
  ])('reports %i ms as %s', (startingTimeoutMs, words) => {
    const workbench = starting({ mount: {} });
    const ended = tick(workbench, workbench.deadlineAt, { startingTimeoutMs });
    expect('reason' in ended && ended.reason?.message).toContain(`${words}.`);
  });
});

describe('an unattended start past its deadline', () => {
  const late = pending({ nextDriveAt: T0 });
  const now = late.deadlineAt + MINUTE;

  it('is driven before it ends, because it may have become ready', () => {
    for (const workbench of [
      late,
      provisioning({ nextDriveAt: T0 }),
      starting({ run: issuedRun(), mount: {} }),
    ]) {
      const { workbench: after, effects } = lifecycle(POLICY)(workbench, { type: 'tick' }, T0 + 60 * MINUTE);
      expect(after.status).toBe(workbench.status);
      expect(effects).toHaveLength(1);
    }
  });

  it('gets the time again during which it was not driven, and ends after that', () => {
    const failed = { type: 'effect_failed', effect: 'describe_task', kind: 'unavailable' } as const;
    const { taskId, runId, attempt } = late.run;
    const { userId, workbenchId } = late;
    const task = { taskId, userId, workbenchId, runId, attempt, version: 9, status: 'pending' } as const;
    for (const outcome of [failed, { type: 'task_observed', task } as const]) {
      const driven = applyResult(late, now, outcome);
      const deadlineAt = now + late.deadlineAt - late.updatedAt;
      expect(driven).toMatchObject({ status: 'pending', deadlineAt });
      expect(tick(driven, deadlineAt - 1).status).toBe('pending');
      expect(tick(driven, deadlineAt).status).toBe('stopping');
    }
  });

  it('is running if its task runs', () => {
    const { taskId, runId, attempt } = late.run;
    const { userId, workbenchId } = late;
    const task = { taskId, userId, workbenchId, runId, attempt, version: 9, status: 'running' } as const;
    expect(tick(applyResult(late, now, { type: 'task_observed', task }), now).status).toBe('running');
  });
});

describe('a stop or deletion past its deadline', () => {
  it('continues, and becomes overdue once', () => {
    for (const workbench of [stopping(), deleting({ run: acceptedRun() })]) {
      expect(tick(workbench, workbench.deadlineAt - 1)).not.toHaveProperty('overdue');
      const late = tick(workbench, workbench.deadlineAt);
      expect(late).toMatchObject({ status: workbench.status, overdue: true });
      const later = tick({ ...late, nextDriveAt: workbench.deadlineAt + MINUTE }, workbench.deadlineAt + 1);
      expect(later.revision).toBe(late.revision);
    }
  });

  it('does not become overdue because the controller was paused', () => {
    const workbench = stopping({ nextDriveAt: T0 });
    const now = workbench.deadlineAt + 60 * MINUTE;
    const { workbench: after, effects } = lifecycle(POLICY)(workbench, { type: 'tick' }, now);
    expect(after).toBe(workbench);
    expect(effects).toMatchObject([{ type: 'stop_task' }]);
  });

  it('is no longer due because of its deadline', () => {
    const late = stopping({ overdue: true, nextDriveAt: T0 + 60 * MINUTE });
    expect(dueAt(late)).toBe(T0 + 60 * MINUTE);
  });
});

describe('the deadline of a throttled start', () => {
  const throttled = { type: 'effect_failed', effect: 'run_task', kind: 'throttled' } as const;
  const unavailable = { ...throttled, kind: 'unavailable' } as const;
  const placed = {
    type: 'run_placed',
    ...{ runId: starting().run.runId, attempt: 1 },
    placement: { kind: 'provider', provider: 'small' },
  } as const;
  const issued = starting({ run: issuedRun(), mount: {} });

  it('is paused from the first throttle on', () => {
    const paused = applyResult(issued, T0 + MINUTE, throttled);
    expect(paused).toMatchObject({ deadlinePausedAt: T0 + MINUTE });
    expect(applyResult(paused, T0 + 2 * MINUTE, throttled)).toMatchObject({ deadlinePausedAt: T0 + MINUTE });
    expect(tick(paused, issued.deadlineAt + MINUTE).status).toBe('starting');
  });

  it('is paused even if only one of several calls was throttled', () => {
    const paused = applyResult(issued, T0 + MINUTE, throttled);
    const stopRequested = { type: 'task_stop_requested', taskId: 'task-0' } as const;
    expect(applyResult(paused, T0 + 2 * MINUTE, stopRequested, throttled)).toMatchObject({
      deadlinePausedAt: T0 + MINUTE,
      deadlineAt: issued.deadlineAt,
    });
  });

  it('does not make the record due while it is paused', () => {
    const paused = applyResult(issued, T0 + MINUTE, throttled);
    expect(dueAt({ ...paused, nextDriveAt: T0 + 40 * MINUTE, outbox: [] })).toBe(T0 + 40 * MINUTE);
  });

  it('resumes where it was paused once a call succeeds', () => {
    const paused = applyResult(starting({ mount: {} }), T0 + MINUTE, throttled);
    const resumed = applyResult(paused, T0 + 6 * MINUTE, placed);
    expect(resumed).toMatchObject({ deadlineAt: issued.deadlineAt + 5 * MINUTE, run: { phase: 'issued' } });
    expect(resumed).not.toHaveProperty('deadlinePausedAt');
  });

  it('resumes if the next call fails for another reason', () => {
    const paused = applyResult(issued, T0 + MINUTE, throttled);
    const failed = applyResult(paused, T0 + 6 * MINUTE, unavailable);
    expect(failed).toMatchObject({ deadlineAt: issued.deadlineAt + 5 * MINUTE });
    expect(failed).not.toHaveProperty('deadlinePausedAt');
  });

  it('is paused while there is no space, and says so until the last failure was another one', () => {
    const noSpace = { ...throttled, kind: 'no_space' } as const;
    const paused = applyResult(issued, T0 + MINUTE, throttled, noSpace);
    expect(paused).toMatchObject({ deadlinePausedAt: T0 + MINUTE, pausedForSpace: true });
    const queued = applyResult(paused, T0 + 2 * MINUTE, throttled);
    expect(queued).toMatchObject({ deadlinePausedAt: T0 + MINUTE });
    expect(queued).not.toHaveProperty('pausedForSpace');
    const resumed = applyResult(paused, T0 + 6 * MINUTE, placed);
    expect(resumed).toMatchObject({ deadlineAt: issued.deadlineAt + 5 * MINUTE });
    expect(resumed).not.toHaveProperty('pausedForSpace');
  });

  it('never moves closer, even if a clock was set back', () => {
    const paused = applyResult(issued, T0 + MINUTE, throttled);
    expect(applyResult(paused, T0 + MINUTE - 5_000, unavailable)).toMatchObject({
      deadlineAt: issued.deadlineAt,
    });
  });

  it('is unchanged if it was not paused, and is not paused in other statuses', () => {
    expect(applyResult(issued, T0 + MINUTE, unavailable)).toMatchObject({ deadlineAt: issued.deadlineAt });
    for (const workbench of [provisioning(), running(), stopping(), deleting()])
      for (const kind of ['throttled', 'no_space'] as const)
        expect(applyResult(workbench, T0 + MINUTE, { ...throttled, kind })).not.toHaveProperty(
          'deadlinePausedAt',
        );
  });
});

describe('the stop settle period', () => {
  it('only ends a run that is ending', () => {
    const gone = acceptedRun({ goneAfter: T0 });
    expect(tick(stopping({ run: gone }), T0).status).toBe('stopped');
    expect(tick(deleting({ run: gone }), T0)).not.toHaveProperty('run');
    expect(tick(running({ run: gone }), T0).status).toBe('running');
    expect(tick(stopping({ run: acceptedRun({ goneAfter: T0 + 1 }) }), T0).status).toBe('stopping');
  });

  it('determines the due time', () => {
    const ending = stopping({ run: acceptedRun({ goneAfter: T0 + 5 }), nextDriveAt: T0 + MINUTE });
    expect(dueAt(ending)).toBe(T0 + 5);
    expect(dueAt(stopped({ unexpectedTasks: [{ taskId: 'task-0', goneAfter: T0 + 7 }] }))).toBe(T0 + 7);
  });
});

describe('an agent that is silent for longer than the timeout', () => {
  const agentSilentSince = T0;
  const long = T0 + POLICY.agentSilentTimeoutMs;

  it('ends the run of a running or pending workbench', () => {
    const lost = { status: 'stopping', desired: 'stopped', reason: { code: 'instance_lost' } };
    expect(tick(running({ run: acceptedRun({ agentSilentSince }) }), long)).toMatchObject(lost);
    const late = { deadlineAt: long + MINUTE, run: acceptedRun({ agentSilentSince }) };
    expect(tick(pending(late), long)).toMatchObject(lost);
    expect(tick(pending(late), long - 1).status).toBe('pending');
    expect(tick(provisioning(late), long).status).toBe('provisioning');
    expect(tick(pending({ ...late, run: acceptedRun() }), long).status).toBe('pending');
  });
});
