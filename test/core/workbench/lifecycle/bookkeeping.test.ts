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

describe('an appointment', () => {
  it('that has come with nothing to do for it is over', () => {
    expect(applyInput(stopped({ nextDriveAt: T0 }), { type: 'tick' })).not.toHaveProperty('nextDriveAt');
  });

  it('that has not come yet stands', () => {
    const before = stopped({ nextDriveAt: T0 + 1 });
    expect(applyInput(before, { type: 'tick' })).toBe(before);
  });

  it('for which something is owed stands until that is done', () => {
    const before = starting();
    expect(applyInput(before, { type: 'tick' }, T0 + MINUTE)).toBe(before);
  });

  it('is made anew for what is under way and has nothing to do just now', () => {
    const fenced = stopping({ run: acceptedRun({ goneAfter: T0 + 5000 }), nextDriveAt: T0 });
    expect(applyInput(fenced, { type: 'tick' }, T0 + 1)).toMatchObject({
      nextDriveAt: T0 + 1 + POLICY.pollIntervalMs,
    });
  });

  it('made since the effects were begun stands, when they have ended', () => {
    const asked = applyInput(running({ nextDriveAt: T0 - 1 }), { type: 'stop', by: 'ada' });
    const look = { type: 'task_observed', task: aTask() } as const;
    const outcomes = (revision: number): Input => ({ type: 'outcomes', revision, outcomes: [look] });
    const late = applyInput(
      { ...asked, run: acceptedRun({ stopRequestedAt: T0 }) } as Workbench,
      outcomes(asked.revision - 1),
    );
    expect(late.nextDriveAt).toBe(T0);
    const inTime = applyInput(
      { ...asked, run: acceptedRun({ stopRequestedAt: T0 }) } as Workbench,
      outcomes(asked.revision),
    );
    expect(inTime.nextDriveAt).toBe(T0 + POLICY.pollIntervalMs);
  });

  it('after a failure comes later with each one', () => {
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

  it('that has been written is dropped from the record, and what came since is kept', () => {
    const outbox = [2, 3, 4].map((seq) => aHistoryEntry({ seq }));
    const before = running({ outbox, historySeq: 4, updatedAt: T0 - MINUTE });
    const after = applyInput(before, { type: 'history_written', through: 3 });
    expect(after.outbox).toEqual([aHistoryEntry({ seq: 4 })]);
    expect(after).toMatchObject({ updatedAt: T0 - MINUTE, revision: 2, historySeq: 4 });
  });

  it('tells why a run has ended, once', () => {
    const stop = { code: 'exited', message: 'Exit code 3.' } as const;
    const ended = applyInput(running(), { type: 'task_observed', task: aTask({ status: 'stopped', stop }) });
    expect(entries(ended)).toEqual([
      { type: 'status_changed', from: 'running', to: 'stopping', code: 'exited' },
    ]);
    const gone = applyInput(ended, { type: 'tick' }, T0 + POLICY.stopSettleMs);
    expect(entries(gone).slice(1)).toEqual([{ type: 'status_changed', from: 'stopping', to: 'stopped' }]);
  });

  it('tells why as soon as it is known, though the status stays', () => {
    const stop = { code: 'out_of_memory', message: 'Too much.' } as const;
    const ending = stopping({ unexplained: true });
    const told = applyInput(ending, { type: 'task_observed', task: aTask({ status: 'stopped', stop }) });
    expect(entries(told)).toEqual([{ type: 'status_changed', code: 'out_of_memory' }]);
  });

  it('names who asked, also when the status stays', () => {
    const asked = applyInput(stopping(), { type: 'start', runId: 'new-run', by: 'grace' });
    expect(entries(asked)).toEqual([{ type: 'start_requested', by: 'grace' }]);
    const renamed = applyInput(running(), { type: 'update', changes: { name: 'Other' }, by: 'grace' });
    expect(entries(renamed)).toEqual([{ type: 'updated', by: 'grace' }]);
  });

  it('tells of an unexpected task when it is found and when it has ended', () => {
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

  it('tells nothing of what is only seen', () => {
    const seen = applyInput(running(), {
      type: 'task_observed',
      task: aTask({ endpoint: 'http://10.0.0.9:8080' }),
    });
    expect(seen.revision).toBe(2);
    expect(seen.outbox).toEqual([]);
  });

  it('tells what was done beside the record, and nothing else of it changes', () => {
    const before = running({ host: aHost(), outbox: [aHistoryEntry()] });
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

describe('what a pass of the reconciler saw', () => {
  const audited = (observation: Extract<Input, { type: 'swept' }>['observation']) =>
    ({ type: 'swept', observation }) as const;
  const host = { instanceId: 'i-0123456789abcdef0', agentConnected: false } as const;
  const asleep = aHost({ state: 'stopped', agentConnected: false });

  it('is told as a correction of a record at rest', () => {
    const missing = applyInput(running(), audited({ type: 'task_missing', taskId: 'task-1' }));
    expect(missing.outbox).toMatchObject([{ type: 'repaired' }]);
    const awake = applyInput(
      stopped({ host: asleep }),
      audited({ type: 'host_observed', host: { ...host, state: 'running' } }),
    );
    expect(awake.outbox).toMatchObject([{ type: 'repaired' }]);
  });

  it('is what would have been seen without it', () => {
    const observation = { type: 'task_observed', task: aTask({ status: 'stopped' }) } as const;
    expect(applyInput(running(), audited(observation))).toEqual(applyInput(running(), observation));
  });

  it('is no correction of what is on its way, nor where nothing was wrong', () => {
    const inDoubt = running({ run: acceptedRun({ missingSince: T0 }), nextDriveAt: T0 });
    const again = applyInput(inDoubt, audited({ type: 'task_missing', taskId: 'task-1' }), T0 + 1);
    expect(again.outbox).toEqual([]);
    const stops = stopping({ run: undefined, host: aHost() });
    const seen = applyInput(stops, audited({ type: 'host_observed', host: { ...host, state: 'stopping' } }));
    expect(seen.outbox).toEqual([]);
    const silent = applyInput(
      running({ host: aHost() }),
      audited({ type: 'host_observed', host: { ...host, state: 'running' } }),
    );
    expect(silent).toMatchObject({ outbox: [], host: { agentConnected: false } });
  });

  it('is no correction when the same is seen by others', () => {
    expect(applyInput(running(), { type: 'task_missing', taskId: 'task-1' }).outbox).toEqual([]);
  });
});

describe('a destroy', () => {
  it('has its own time, whatever it was before, and asked again has no more of it', () => {
    const asked = applyInput(running(), { type: 'delete', by: 'ada' }, T0 + 7);
    expect(asked).toMatchObject({
      deadlineAt: T0 + 7 + POLICY.deletingTimeoutMs,
      nextDriveAt: T0 + 7,
      failures: 0,
    });
    expect(applyInput(asked, { type: 'delete', by: 'ada' }, T0 + MINUTE)).toBe(asked);
  });

  it('of what only waits for its machine has no run to end', () => {
    const waiting = stopping({ run: undefined, host: aHost({ state: 'stopping' }) });
    expect(applyInput(waiting, { type: 'delete', by: 'ada' })).not.toHaveProperty('run');
    expect(applyInput(stopped(), { type: 'delete', by: 'ada' })).not.toHaveProperty('run');
    expect(applyInput(starting(), { type: 'delete', by: 'ada' })).not.toHaveProperty('run');
  });
});

describe('a stop that is done', () => {
  const gone = acceptedRun({ goneAfter: T0 });

  it('is at rest, unless an unexpected task is left to end', () => {
    expect(applyInput(stopping({ run: gone }), { type: 'tick' })).not.toHaveProperty('nextDriveAt');
    const unexpectedTasks = [{ taskId: 'task-0' }];
    expect(applyInput(stopping({ run: gone, unexpectedTasks }), { type: 'tick' })).toMatchObject({
      status: 'stopped',
      nextDriveAt: T0,
    });
  });

  it('is at rest at once when it is seen to be done', () => {
    const gone = applyInput(stopping(), { type: 'task_observed', task: aTask({ instance: 'gone' }) });
    expect(gone.status).toBe('stopped');
    expect(gone).not.toHaveProperty('nextDriveAt');
  });

  it('has the time at which it was done, and what ended it', () => {
    const reason = { code: 'exited', message: 'Exit code 1.' } as const;
    expect(applyInput(stopping({ run: gone, reason }), { type: 'tick' })).toMatchObject({
      status: 'stopped',
      stoppedAt: T0,
      reason,
      failures: 0,
    });
  });

  it('is followed by the start that came meanwhile, from the time it was asked', () => {
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

  it('of a destroy goes on with what is left', () => {
    expect(applyInput(deleting({ run: gone, nextDriveAt: T0 + MINUTE }), { type: 'tick' })).toMatchObject({
      status: 'deleting',
      nextDriveAt: T0,
      lastTaskId: 'task-1',
    });
  });
});

describe('two records', () => {
  it('say the same when every field does, absent or undefined', () => {
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
  ])('do not when %j is %j', (a, b) => {
    expect(isDeepEqual(a, b)).toBe(false);
  });
});
