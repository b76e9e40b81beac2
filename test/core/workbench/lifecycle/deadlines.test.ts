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

/** Time has passed for one that was looked at a moment ago. */
function tick(workbench: Workbench, now: number, policy: Partial<Policy> = {}): Workbench {
  return lifecycle({ ...POLICY, ...policy })({ ...workbench, updatedAt: now }, { type: 'tick' }, now)
    .workbench;
}

function applyResult(workbench: Workbench, now: number, ...outcomes: readonly EffectResult[]): Workbench {
  const { revision } = workbench;
  return lifecycle(POLICY)(workbench, { type: 'outcomes', revision, outcomes }, now).workbench;
}

describe('a start past its deadline', () => {
  it('is not ended a moment before', () => {
    const issued = starting({ run: issuedRun(), mount: {} });
    for (const workbench of [issued, provisioning(), pending()]) {
      expect(tick(workbench, workbench.deadlineAt - 1).status).toBe(workbench.status);
      expect(tick(workbench, workbench.deadlineAt).status).toBe('stopping');
    }
  });

  it.each([
    ['its volume', starting(), 'volume'],
    [
      'its machine',
      starting({
        mount: {},
        spec: { cpuUnits: 1, memoryMib: 1, gpuCount: 0, dedicatedInstanceType: 'm7i.large' },
      }),
      'host',
    ],
    ['capacity', starting({ mount: {} }), 'capacity'],
    ['another task', starting({ mount: {}, unexpectedTasks: [{ taskId: 'task-0' }] }), 'run'],
  ])('says that it was waiting for %s', (_, workbench, word) => {
    expect(tick(workbench, workbench.deadlineAt)).toMatchObject({
      desired: 'stopped',
      reason: {
        code: 'start_timeout',
        message: `It did not become ready within 15 minutes. It was waiting for: ${word}.`,
      },
    });
  });

  it('says what was refused last, where something was', () => {
    const refusal = { code: 'no_capacity', message: 'No room.' } as const;
    const workbench = starting({ mount: {}, refusal });
    expect(tick(workbench, workbench.deadlineAt)).toMatchObject({ reason: refusal });
  });

  it('that waited for a machine says how long', () => {
    const workbench = provisioning();
    expect(tick(workbench, workbench.deadlineAt)).toMatchObject({
      reason: { code: 'no_capacity', message: 'No machine had room for it within 30 minutes.' },
    });
  });

  it('that never became ready says what its task did last, if it said anything', () => {
    const silent = pending();
    expect(tick(silent, silent.deadlineAt, { pendingTimeoutMs: 20 * MINUTE })).toMatchObject({
      reason: { code: 'start_timeout', message: 'It did not become ready within 20 minutes.' },
    });
    const pulling = pending({ detail: 'pulling the image' });
    expect(tick(pulling, pulling.deadlineAt)).toMatchObject({
      reason: {
        message: 'It did not become ready within 15 minutes. It was waiting for: pulling the image.',
      },
    });
  });

  it.each([
    [119_000, 'within 119 seconds'],
    [120_000, 'within 2 minutes'],
    [1000, 'within 1 seconds'],
  ])('counts %i ms as %s', (startingTimeoutMs, words) => {
    const workbench = starting({ mount: {} });
    const ended = tick(workbench, workbench.deadlineAt, { startingTimeoutMs });
    expect('reason' in ended && ended.reason?.message).toContain(`${words}.`);
  });
});

describe('a start past its deadline that nobody has looked at for long', () => {
  const late = pending({ nextDriveAt: T0 });
  const now = late.deadlineAt + MINUTE;

  it('is looked at before it is ended: what it waits for may have come', () => {
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

  it('is ended when it still waits then, or when the look does not go through', () => {
    const failed = { type: 'effect_failed', effect: 'describe_task', kind: 'unavailable' } as const;
    expect(tick(applyResult(late, now, failed), now).status).toBe('stopping');
    const { taskId, runId, attempt } = late.run;
    const { userId, workbenchId } = late;
    const task = { taskId, userId, workbenchId, runId, attempt, version: 9, status: 'pending' } as const;
    expect(tick(applyResult(late, now, { type: 'task_observed', task }), now).status).toBe('stopping');
  });

  it('runs when its task has come to run', () => {
    const { taskId, runId, attempt } = late.run;
    const { userId, workbenchId } = late;
    const task = { taskId, userId, workbenchId, runId, attempt, version: 9, status: 'running' } as const;
    expect(tick(applyResult(late, now, { type: 'task_observed', task }), now).status).toBe('running');
  });
});

describe('a stop or destroy past its deadline', () => {
  it('goes on, and says once that it is late', () => {
    for (const workbench of [stopping(), deleting({ run: acceptedRun() })]) {
      expect(tick(workbench, workbench.deadlineAt - 1)).not.toHaveProperty('overdue');
      const late = tick(workbench, workbench.deadlineAt);
      expect(late).toMatchObject({ status: workbench.status, overdue: true });
      const later = tick({ ...late, nextDriveAt: workbench.deadlineAt + MINUTE }, workbench.deadlineAt + 1);
      expect(later.revision).toBe(late.revision);
    }
  });

  it('is not due for its deadline any more', () => {
    const late = stopping({ overdue: true, nextDriveAt: T0 + 60 * MINUTE });
    expect(dueAt(late)).toBe(T0 + 60 * MINUTE);
  });
});

describe('the deadline of a start that we ourselves hold up', () => {
  const throttled = { type: 'effect_failed', effect: 'run_task', kind: 'throttled' } as const;
  const unavailable = { ...throttled, kind: 'unavailable' } as const;
  const placed = {
    type: 'run_placed',
    ...{ runId: starting().run.runId, attempt: 1 },
    placement: { kind: 'provider', provider: 'small' },
  } as const;
  const issued = starting({ run: issuedRun(), mount: {} });

  it('stands still from the first throttle on', () => {
    const held = applyResult(issued, T0 + MINUTE, throttled);
    expect(held).toMatchObject({ deadlinePausedAt: T0 + MINUTE });
    expect(applyResult(held, T0 + 2 * MINUTE, throttled)).toMatchObject({ deadlinePausedAt: T0 + MINUTE });
    expect(tick(held, issued.deadlineAt + MINUTE).status).toBe('starting');
  });

  it('stands still too when only one of several calls was throttled', () => {
    const held = applyResult(issued, T0 + MINUTE, throttled);
    const asked = { type: 'task_stop_requested', taskId: 'task-0' } as const;
    expect(applyResult(held, T0 + 2 * MINUTE, asked, throttled)).toMatchObject({
      deadlinePausedAt: T0 + MINUTE,
      deadlineAt: issued.deadlineAt,
    });
  });

  it('is not due while it stands still', () => {
    const held = applyResult(issued, T0 + MINUTE, throttled);
    expect(dueAt({ ...held, nextDriveAt: T0 + 40 * MINUTE, outbox: [] })).toBe(T0 + 40 * MINUTE);
  });

  it('runs on from where it stood when the work is taken', () => {
    const held = applyResult(starting({ mount: {} }), T0 + MINUTE, throttled);
    const taken = applyResult(held, T0 + 6 * MINUTE, placed);
    expect(taken).toMatchObject({ deadlineAt: issued.deadlineAt + 5 * MINUTE, run: { phase: 'issued' } });
    expect(taken).not.toHaveProperty('deadlinePausedAt');
  });

  it('runs on when the next call fails for another reason', () => {
    const held = applyResult(issued, T0 + MINUTE, throttled);
    const failed = applyResult(held, T0 + 6 * MINUTE, unavailable);
    expect(failed).toMatchObject({ deadlineAt: issued.deadlineAt + 5 * MINUTE });
    expect(failed).not.toHaveProperty('deadlinePausedAt');
  });

  it('never comes nearer, though a clock may have been set back', () => {
    const held = applyResult(issued, T0 + MINUTE, throttled);
    expect(applyResult(held, T0, unavailable)).toMatchObject({ deadlineAt: issued.deadlineAt });
  });

  it('is left as it is by what never stood still, and there is none to hold in other states', () => {
    expect(applyResult(issued, T0 + MINUTE, unavailable)).toMatchObject({ deadlineAt: issued.deadlineAt });
    for (const workbench of [provisioning(), running(), stopping(), deleting()])
      expect(applyResult(workbench, T0 + MINUTE, throttled)).not.toHaveProperty('deadlinePausedAt');
  });
});

describe('the fence of a task that has stopped', () => {
  it('counts only while its end is wanted', () => {
    const gone = acceptedRun({ goneAfter: T0 });
    expect(tick(stopping({ run: gone }), T0).status).toBe('stopped');
    expect(tick(deleting({ run: gone }), T0)).not.toHaveProperty('run');
    expect(tick(running({ run: gone }), T0).status).toBe('running');
    expect(tick(stopping({ run: acceptedRun({ goneAfter: T0 + 1 }) }), T0).status).toBe('stopping');
  });

  it('is when it is next due', () => {
    const ending = stopping({ run: acceptedRun({ goneAfter: T0 + 5 }), nextDriveAt: T0 + MINUTE });
    expect(dueAt(ending)).toBe(T0 + 5);
    expect(dueAt(stopped({ unexpectedTasks: [{ taskId: 'task-0', goneAfter: T0 + 7 }] }))).toBe(T0 + 7);
  });
});

describe('a machine that has been silent for long', () => {
  const agentSilentSince = T0;
  const long = T0 + POLICY.agentSilentTimeoutMs;

  it('is given up under a workbench that runs, or is about to', () => {
    const lost = { status: 'stopping', desired: 'stopped', reason: { code: 'instance_lost' } };
    expect(tick(running({ run: acceptedRun({ agentSilentSince }) }), long)).toMatchObject(lost);
    const late = { deadlineAt: long + MINUTE, run: acceptedRun({ agentSilentSince }) };
    expect(tick(pending(late), long)).toMatchObject(lost);
    expect(tick(pending(late), long - 1).status).toBe('pending');
    expect(tick(provisioning(late), long).status).toBe('provisioning');
    expect(tick(pending({ ...late, run: acceptedRun() }), long).status).toBe('pending');
  });
});
