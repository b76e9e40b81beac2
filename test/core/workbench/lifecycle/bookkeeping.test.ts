import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import type { Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { isDeepEqual, lifecycle } from '#core/workbench/lifecycle/step.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHistoryEntry,
  aHost,
  deleting,
  ID,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const step = lifecycle(POLICY);
const MINUTE = 60_000;

function applyInput(workbench: Workbench, input: Input, now = T0): Workbench {
  return step(workbench, input, now).workbench;
}

const aTask = (fields: Partial<TaskObservation> = {}): TaskObservation => ({
  ...{ taskId: 'task-1', userId: USER, workbenchId: ID, runId: RUN_ID, attempt: 1, version: 9 },
  ...{ status: 'running', instance: 'connected' },
  ...fields,
});

describe('the due time', () => {
  it('is cleared once it has passed and no effect is pending', () => {
    expect(applyInput(stopped({ nextDriveAt: T0 }), { type: 'tick' })).not.toHaveProperty('nextDriveAt');
  });

  it('stays until it has passed', () => {
    const before = stopped({ nextDriveAt: T0 + 1 });
    expect(applyInput(before, { type: 'tick' })).toBe(before);
  });

  it('stays while an effect is pending', () => {
    const before = starting();
    expect(applyInput(before, { type: 'tick' }, T0 + MINUTE)).toBe(before);
  });

  it('is set to the next poll for a workbench in transition without a pending effect', () => {
    const settling = stopping({ run: acceptedRun({ goneAfter: T0 + 5000 }), nextDriveAt: T0 });
    expect(applyInput(settling, { type: 'tick' }, T0 + 1)).toMatchObject({
      nextDriveAt: T0 + 1 + POLICY.pollIntervalMs,
    });
  });

  it('that another writer set during the effects stays after their outcomes', () => {
    const requested = applyInput(running({ nextDriveAt: T0 - 1 }), { type: 'stop', by: 'ada' });
    const observation = { type: 'task_observed', task: aTask() } as const;
    const outcomes = (revision: number): Input => ({ type: 'outcomes', revision, outcomes: [observation] });
    const late = applyInput(
      { ...requested, run: acceptedRun({ stopRequestedAt: T0 }) } as Workbench,
      outcomes(requested.revision - 1),
    );
    expect(late.nextDriveAt).toBe(T0);
    const inTime = applyInput(
      { ...requested, run: acceptedRun({ stopRequestedAt: T0 }) } as Workbench,
      outcomes(requested.revision),
    );
    expect(inTime.nextDriveAt).toBe(T0 + POLICY.pollIntervalMs);
  });

  it('moves further away with each failure', () => {
    const failed = { type: 'effect_failed', effect: 'ensure_volume', kind: 'unavailable' } as const;
    const first = applyInput(starting(), { type: 'outcomes', revision: 1, outcomes: [failed] });
    expect(first.failures).toBe(1);
    expect(first.nextDriveAt).toBeGreaterThanOrEqual(T0 + 500);
    expect(first.nextDriveAt).toBeLessThanOrEqual(T0 + 1000);
    const tenth = applyInput(starting({ failures: 9 }), {
      type: 'outcomes',
      revision: 1,
      outcomes: [failed],
    });
    expect(tenth.failures).toBe(10);
    expect(tenth.nextDriveAt).toBeGreaterThanOrEqual(T0 + 30_000);
  });
});

describe('the history', () => {
  const entries = (workbench: Workbench) => workbench.outbox.map(({ at: _at, seq: _seq, ...entry }) => entry);

  it('is removed from the outbox once it is written; later entries stay', () => {
    const outbox = [2, 3, 4].map((seq) => aHistoryEntry({ seq }));
    const before = running({ outbox, historySeq: 4, updatedAt: T0 - MINUTE });
    const after = applyInput(before, { type: 'history_written', through: 3 });
    expect(after.outbox).toEqual([aHistoryEntry({ seq: 4 })]);
    expect(after).toMatchObject({ updatedAt: T0 - MINUTE, revision: 2, historySeq: 4 });
  });

  it("contains the reason of a run's end once", () => {
    const stop = { code: 'exited', message: 'Exit code 3.' } as const;
    const ended = applyInput(running(), { type: 'task_observed', task: aTask({ status: 'stopped', stop }) });
    expect(entries(ended)).toEqual([
      { type: 'status_changed', from: 'running', to: 'stopping', code: 'exited' },
    ]);
    const gone = applyInput(ended, { type: 'tick' }, T0 + POLICY.stopSettleMs);
    expect(entries(gone).slice(1)).toEqual([{ type: 'status_changed', from: 'stopping', to: 'stopped' }]);
  });

  it('contains a reason as soon as it is known, even if the status stays', () => {
    const stop = { code: 'out_of_memory', message: 'Too much.' } as const;
    const ending = stopping({ unexplained: true });
    const explained = applyInput(ending, { type: 'task_observed', task: aTask({ status: 'stopped', stop }) });
    expect(entries(explained)).toEqual([{ type: 'status_changed', code: 'out_of_memory' }]);
  });

  it('names who requested a change, even if the status stays', () => {
    const requested = applyInput(stopping(), { type: 'start', runId: 'new-run', by: 'grace' });
    expect(entries(requested)).toEqual([{ type: 'start_requested', by: 'grace' }]);
    const renamed = applyInput(running(), { type: 'update', changes: { name: 'Other' }, by: 'grace' });
    expect(entries(renamed)).toEqual([{ type: 'updated', by: 'grace' }]);
  });

  it('contains an unexpected task when it is found and when it has stopped', () => {
    const found = applyInput(running(), {
      type: 'task_observed',
      task: aTask({ taskId: 'task-0', runId: 'x' }),
    });
    expect(entries(found)).toEqual([{ type: 'unexpected_task_found' }]);
    const gone = {
      type: 'task_observed',
      task: aTask({ taskId: 'task-0', runId: 'x', instance: 'gone' }),
    } as const;
    expect(entries(applyInput({ ...found, outbox: [] }, gone))).toEqual([
      { type: 'unexpected_task_stopped' },
    ]);
  });

  it('contains nothing for a mere observation', () => {
    const observed = applyInput(running(), {
      type: 'task_observed',
      task: aTask({ endpoint: 'http://10.0.0.9:8080' }),
    });
    expect(observed.revision).toBe(2);
    expect(observed.outbox).toEqual([]);
  });

  it('contains a change outside the record, which changes nothing else', () => {
    const meter = { seq: 1, since: T0, rate: 0, on: true, micros: 0, ms: 0 };
    const before = running({ host: aHost(), outbox: [aHistoryEntry()], meter });
    const after = applyInput(before, { type: 'history_noted', entryType: 'orphan_host_terminated' }, T0 + 5);
    expect(after).toEqual({
      ...before,
      revision: 2,
      updatedAt: T0 + 5,
      historySeq: 2,
      outbox: [aHistoryEntry(), { seq: 2, at: T0 + 5, type: 'orphan_host_terminated' }],
    });
  });
});

describe('an observation of a sweep', () => {
  const sweptInput = (observation: Extract<Input, { type: 'swept' }>['observation']) =>
    ({ type: 'swept', observation }) as const;
  const host = { instanceId: 'i-0123456789abcdef0', agentConnected: false } as const;
  const asleep = aHost({ state: 'stopped', agentConnected: false });

  it('is recorded as a repair of a settled record', () => {
    const missing = applyInput(running(), sweptInput({ type: 'task_missing', taskId: 'task-1' }));
    expect(missing.outbox).toMatchObject([{ type: 'repaired' }]);
    const awake = applyInput(
      stopped({ host: asleep }),
      sweptInput({ type: 'host_observed', host: { ...host, state: 'running' } }),
    );
    expect(awake.outbox).toMatchObject([{ type: 'repaired' }]);
  });

  it('has the same effect as any other observation', () => {
    const observation = { type: 'task_observed', task: aTask({ status: 'stopped' }) } as const;
    expect(applyInput(running(), sweptInput(observation))).toEqual(applyInput(running(), observation));
  });

  it('is no repair during a transition, nor if there was no difference', () => {
    const inDoubt = running({ run: acceptedRun({ missingSince: T0 }), nextDriveAt: T0 });
    const again = applyInput(inDoubt, sweptInput({ type: 'task_missing', taskId: 'task-1' }), T0 + 1);
    expect(again.outbox).toEqual([]);
    const stops = stopping({ run: undefined, host: aHost() });
    const observed = applyInput(
      stops,
      sweptInput({ type: 'host_observed', host: { ...host, state: 'stopping' } }),
    );
    expect(observed.outbox).toEqual([]);
    const silent = applyInput(
      running({ host: aHost() }),
      sweptInput({ type: 'host_observed', host: { ...host, state: 'running' } }),
    );
    expect(silent).toMatchObject({ outbox: [], host: { agentConnected: false } });
  });

  it('is no repair if another function made the same observation', () => {
    expect(applyInput(running(), { type: 'task_missing', taskId: 'task-1' }).outbox).toEqual([]);
  });
});

describe('a deletion', () => {
  it('has its own deadline, which a second request does not change', () => {
    const requested = applyInput(running(), { type: 'delete', by: 'ada' }, T0 + 7);
    expect(requested).toMatchObject({
      deadlineAt: T0 + 7 + POLICY.deletingTimeoutMs,
      nextDriveAt: T0 + 7,
      failures: 0,
    });
    expect(applyInput(requested, { type: 'delete', by: 'ada' }, T0 + MINUTE)).toBe(requested);
  });

  it('of a workbench that only waits for its host has no run to end', () => {
    const waiting = stopping({ run: undefined, host: aHost({ state: 'stopping' }) });
    expect(applyInput(waiting, { type: 'delete', by: 'ada' })).not.toHaveProperty('run');
    expect(applyInput(stopped(), { type: 'delete', by: 'ada' })).not.toHaveProperty('run');
    expect(applyInput(starting(), { type: 'delete', by: 'ada' })).not.toHaveProperty('run');
  });
});

describe('a finished stop', () => {
  const gone = acceptedRun({ goneAfter: T0 });

  it('is settled unless an unexpected task is left', () => {
    expect(applyInput(stopping({ run: gone }), { type: 'tick' })).not.toHaveProperty('nextDriveAt');
    const unexpectedTasks = [{ taskId: 'task-0' }];
    expect(applyInput(stopping({ run: gone, unexpectedTasks }), { type: 'tick' })).toMatchObject({
      status: 'stopped',
      nextDriveAt: T0,
    });
  });

  it('is settled at once when its end is observed', () => {
    const gone = applyInput(stopping(), { type: 'task_observed', task: aTask({ instance: 'gone' }) });
    expect(gone.status).toBe('stopped');
    expect(gone).not.toHaveProperty('nextDriveAt');
  });

  it('has the time of its end and its reason', () => {
    const reason = { code: 'exited', message: 'Exit code 1.' } as const;
    expect(applyInput(stopping({ run: gone, reason }), { type: 'tick' })).toMatchObject({
      status: 'stopped',
      stoppedAt: T0,
      reason,
      failures: 0,
    });
  });

  it('is followed by the start that was requested during it, with the time of the request', () => {
    const next = { runId: 'next-run', requestedAt: T0 - MINUTE };
    expect(
      applyInput(stopping({ run: gone, desired: 'running', nextRun: next }), { type: 'tick' }),
    ).toMatchObject({
      status: 'starting',
      run: { phase: 'preparing', runId: 'next-run', attempt: 1 },
      startedAt: T0 - MINUTE,
      deadlineAt: T0 + POLICY.startingTimeoutMs,
      nextDriveAt: T0,
      lastTaskId: 'task-1',
    });
  });

  it('of a deletion continues with the next part', () => {
    expect(applyInput(deleting({ run: gone, nextDriveAt: T0 + MINUTE }), { type: 'tick' })).toMatchObject({
      status: 'deleting',
      nextDriveAt: T0,
      lastTaskId: 'task-1',
    });
  });
});

describe('isDeepEqual', () => {
  it('is true if all fields are equal, where absent equals undefined', () => {
    expect(isDeepEqual({ a: 1, b: [{ c: null }] }, { a: 1, b: [{ c: null }], d: undefined })).toBe(true);
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [null, {}],
    [{}, null],
    [{ a: {} }, { a: null }],
    ['1', 1],
    ['a', {}],
    [{}, 'a'],
  ])('is false for %j and %j', (a, b) => {
    expect(isDeepEqual(a, b)).toBe(false);
  });
});
