import { describe, expect, it } from 'vitest';
import type { TaskInstanceState, TaskObservation, TaskStatus } from '#core/ports/task-runner.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, isSettled, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  deleting,
  ID,
  pending,
  provisioning,
  RUN_ID,
  running,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const step = lifecycle(DEFAULT_POLICY);
const ALIVE = acceptedRun({ stopRequestedAt: T0 });

const RECORDS: readonly Workbench[] = [
  // The last attempt of a start, which is not retried.
  provisioning({ failedStarts: 2 }),
  pending({ failedStarts: 2 }),
  running(),
  stopping({ run: ALIVE }),
  deleting({ run: ALIVE }),
];
const INSTANCES: readonly (TaskInstanceState | undefined)[] = [
  undefined,
  'connected',
  'disconnected',
  'ending',
  'unknown',
  'gone',
];

function observe(workbench: Workbench, task: Partial<TaskObservation>, now = T0): Workbench {
  const observed: TaskObservation = {
    ...{ taskId: 'task-1', userId: USER, workbenchId: ID, runId: RUN_ID, attempt: 1 },
    ...{ version: 9, status: 'running' },
    ...task,
  };
  return step(workbench, { type: 'task_observed', task: observed }, now).workbench;
}

/** `run` in the record: it has ended (`ended`), ends after the settle period (`settles`), or goes on (`lives`). */
function runAfter(workbench: Workbench): 'ended' | 'settles' | 'lives' {
  if (workbench.status === 'stopped' || workbench.run === undefined) return 'ended';
  return 'goneAfter' in workbench.run && workbench.run.goneAfter !== undefined ? 'settles' : 'lives';
}

const LIVES = { provisioning: 'lives', pending: 'lives', running: 'lives', stopping: 'lives' } as const;
const ENDED = { provisioning: 'ended', pending: 'ended', running: 'ended', stopping: 'ended' } as const;

/** By instance: what an observation of this task status does to the run. */
const EXPECTED: Readonly<Record<string, Readonly<Record<TaskStatus, string>>>> = {
  undefined: { ...LIVES, stopped: 'ended' },
  connected: { ...LIVES, stopped: 'settles' },
  disconnected: { ...LIVES, stopped: 'lives' },
  ending: { ...LIVES, stopped: 'lives' },
  unknown: { ...LIVES, stopped: 'lives' },
  gone: { ...ENDED, stopped: 'ended' },
};

describe('the run of a record', () => {
  for (const record of RECORDS) {
    for (const instance of INSTANCES) {
      for (const [status, expected] of Object.entries(EXPECTED[String(instance)] ?? {})) {
        it(`that is ${record.status}: ${expected} if its task is ${status} and the instance is ${instance}`, () => {
          const after = observe(record, {
            status: status as TaskStatus,
            ...(instance === undefined ? {} : { instance }),
          });
          expect(runAfter(after)).toBe(expected);
        });
      }
    }
  }

  it('is read again at once if no agent has reported its end, and at the poll interval while the instance is ending', () => {
    const unknown = observe(running(), { status: 'stopped', instance: 'unknown' });
    expect(unknown).toMatchObject({ status: 'stopping', nextDriveAt: T0 });
    expect(step(unknown, { type: 'tick' }, T0).effects).toEqual([
      { type: 'describe_task', taskId: 'task-1' },
    ]);
    const ending = observe(stopping({ run: ALIVE, nextDriveAt: T0 + 60_000 }), {
      ...{ status: 'stopped', instance: 'ending', version: 10 },
    });
    expect(ending.nextDriveAt).toBe(T0 + DEFAULT_POLICY.pollIntervalMs);
    expect(observe(ending, { status: 'stopped', instance: 'gone', version: 10 }).status).toBe('stopped');
  });

  it('is polled while its instance is ending although ECS reports it as running', () => {
    const ending = observe(running(), { instance: 'ending' });
    expect(ending).toMatchObject({ status: 'running', run: { agentSilentSince: T0 } });
    expect(isSettled(ending)).toBe(false);
    expect(dueAt(ending)).toBeDefined();
    expect(observe(ending, { instance: 'connected' })).not.toHaveProperty('run.agentSilentSince');
  });
});

describe('a task whose end ECS has concluded, and whose instance EC2 shows as running', () => {
  const SETTLES_MS = 5 * 60_000;
  const concluded = { status: 'stopped', instance: 'connected', version: 10, settlesMs: SETTLES_MS } as const;
  const poll = (before: Workbench, until: number, from = T0): Workbench => {
    let workbench = before;
    for (let now = from; now < until; now += DEFAULT_POLICY.pollIntervalMs)
      workbench = { ...observe(workbench, concluded, now), updatedAt: now };
    return workbench;
  };

  it('counts as ended when EC2 has had the time to report the end of the instance', () => {
    const inDoubt = poll(stopping({ run: ALIVE }), T0 + SETTLES_MS);
    expect(runAfter(inDoubt)).toBe('lives');
    expect(runAfter(observe(inDoubt, concluded, T0 + SETTLES_MS))).toBe('settles');
    expect(runAfter(observe(inDoubt, { ...concluded, instance: 'gone' }))).toBe('ended');
  });

  it('is in doubt from when the end was concluded, although its agent was silent before', () => {
    const silent = observe(stopping({ run: ALIVE }), { instance: 'disconnected', version: 9 });
    expect(runAfter(observe(silent, concluded, T0 + SETTLES_MS))).toBe('lives');
  });

  it('is in doubt for as long if the clock was set forward before', () => {
    const ahead = T0 + 3_600_000;
    const set = observe(stopping({ run: ALIVE }), concluded, ahead);
    expect(runAfter(poll(set, ahead + SETTLES_MS, ahead))).toBe('lives');
  });

  it('is in doubt for as long if the clock is set forward meanwhile', () => {
    const ahead = T0 + 3_600_000;
    const set = observe(observe(stopping({ run: ALIVE }), concluded), concluded, ahead);
    expect(runAfter(poll(set, ahead + SETTLES_MS - DEFAULT_POLICY.pollIntervalMs, ahead))).toBe('lives');
  });

  it('is an unexpected task for as long', () => {
    const other = { ...concluded, taskId: 'task-0', runId: 'other-run' };
    const listed = observe(stopped({ unexpectedTasks: [{ taskId: 'task-0', stopRequestedAt: T0 }] }), other);
    const later = observe(listed, other, T0 + SETTLES_MS - 1);
    expect(later.unexpectedTasks[0]).toMatchObject({ agentSilentSince: T0 });
    expect(observe(listed, other, T0 + SETTLES_MS).unexpectedTasks[0]).toHaveProperty('goneAfter');
  });
});

describe('an unexpected task', () => {
  const other = { taskId: 'task-0', runId: 'other-run' };
  const listed = stopped({ unexpectedTasks: [{ taskId: 'task-0', stopRequestedAt: T0 }] });

  it.each<[TaskInstanceState | undefined, boolean]>([
    [undefined, false],
    ['connected', false],
    ['disconnected', true],
    ['ending', true],
    ['unknown', true],
    ['gone', false],
  ])('that is STOPPED is listed if the instance is %s: %s', (instance, expected) => {
    const task = { ...other, status: 'stopped' as const, ...(instance === undefined ? {} : { instance }) };
    expect(observe(stopped(), task).unexpectedTasks).toHaveLength(expected ? 1 : 0);
    expect(observe(stopped({ lastTaskId: 'task-0' }), task).unexpectedTasks).toHaveLength(0);
  });

  it.each<[TaskInstanceState, number | 'due now' | undefined]>([
    ['unknown', 'due now'],
    ['ending', T0 + DEFAULT_POLICY.pollIntervalMs],
    ['disconnected', T0 + DEFAULT_POLICY.pollIntervalMs],
  ])('that is STOPPED stays listed while the instance is %s', (instance, expected) => {
    const after = observe(listed, { ...other, status: 'stopped', instance });
    expect(after.unexpectedTasks).toMatchObject([{ taskId: 'task-0' }]);
    expect(after.unexpectedTasks[0]).not.toHaveProperty('goneAfter');
    expect(after.nextDriveAt).toBe(expected === 'due now' ? T0 : expected);
    expect(observe(after, { ...other, status: 'stopped', instance: 'gone' }).unexpectedTasks).toEqual([]);
  });
});
