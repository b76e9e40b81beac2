import { describe, expect, it } from 'vitest';
import { createdAtOf } from '#core/ports/ids.ts';
import { STATUSES } from '#core/workbench/history.ts';
import {
  baseOf,
  dueAt,
  isActive,
  isSettled,
  keyOf,
  runOf,
  type Workbench,
} from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHistoryEntry,
  aHost,
  aWorkbench,
  deleting,
  ID,
  idAt,
  issuedRun,
  pending,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const unexpectedTasks = [{ taskId: 'task-0' }];
const host = aHost();
const asleep = aHost({ state: 'stopped', agentConnected: false });

describe('when a workbench is next due', () => {
  it('is never, when it is at rest', () => {
    expect(dueAt(running())).toBeUndefined();
    expect(dueAt(stopped())).toBeUndefined();
  });

  it('is the earliest of its appointment and its deadline', () => {
    for (const make of [provisioning, pending, stopping, deleting]) {
      expect(dueAt(make({ nextDriveAt: T0 + 5, deadlineAt: T0 + 9 }))).toBe(T0 + 5);
      expect(dueAt(make({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5 }))).toBe(T0 + 5);
      const { nextDriveAt: _none, ...unappointed } = make({ deadlineAt: T0 + 7 });
      expect(dueAt(unappointed as Workbench)).toBe(T0 + 7);
    }
  });

  it('is not its deadline once that has been said to have passed', () => {
    expect(dueAt(stopping({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5, overdue: true }))).toBe(T0 + 9);
  });

  it('is not its deadline while that stands still', () => {
    expect(dueAt(starting({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5, deadlinePausedAt: T0 }))).toBe(T0 + 9);
    expect(dueAt(starting({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5 }))).toBe(T0 + 5);
  });

  it('is at once when its history waits to be written', () => {
    expect(dueAt(running({ outbox: [aHistoryEntry()], updatedAt: T0 + 3 }))).toBe(T0 + 3);
  });

  it('is the end of a fence, of its own task or of an unexpected task', () => {
    const ending = { run: acceptedRun({ goneAfter: T0 + 4 }), nextDriveAt: T0 + 9 };
    expect(dueAt(stopping(ending))).toBe(T0 + 4);
    const unexpectedTask = [{ taskId: 'task-0' }, { taskId: 'task-9', goneAfter: T0 + 3 }];
    expect(dueAt(stopped({ unexpectedTasks: unexpectedTask }))).toBe(T0 + 3);
    expect(dueAt(stopped({ unexpectedTasks }))).toBeUndefined();
    expect(dueAt(stopping({ run: issuedRun(), nextDriveAt: T0 + 9 }))).toBe(T0 + 9);
  });
});

describe('what an audit must look at', () => {
  it('is what may cost money: all but what is stopped without a machine or an unexpected task', () => {
    for (const status of STATUSES) expect(isActive(aWorkbench(status))).toBe(status !== 'stopped');
    expect(isActive(stopped({ unexpectedTasks }))).toBe(true);
    expect(isActive(stopped({ host: asleep }))).toBe(true);
  });
});

describe('what is at rest', () => {
  it('is what runs or is stopped, and nothing on its way', () => {
    for (const status of STATUSES)
      expect(isSettled(aWorkbench(status))).toBe(status === 'running' || status === 'stopped');
  });

  it('is not what has an unexpected task', () => {
    expect(isSettled(running({ unexpectedTasks }))).toBe(false);
    expect(isSettled(stopped({ unexpectedTasks }))).toBe(false);
  });

  it('is not what has a machine that is not as it should be', () => {
    expect(isSettled(running({ host }))).toBe(true);
    expect(isSettled(running({ host: aHost({ agentConnected: false }) }))).toBe(false);
    expect(isSettled(running({ host: aHost({ replacing: true }) }))).toBe(false);
    expect(isSettled(running({ host: asleep }))).toBe(false);
    expect(isSettled(running({ host: aHost({ state: 'stopping' }) }))).toBe(false);
    expect(isSettled(stopped({ host: asleep }))).toBe(true);
    expect(isSettled(stopped({ host }))).toBe(false);
  });

  it('is not what is in doubt', () => {
    expect(isSettled(running({ run: acceptedRun({ missingSince: T0 }) }))).toBe(false);
    expect(isSettled(running({ run: acceptedRun({ agentSilentSince: T0 }) }))).toBe(false);
  });
});

describe('the parts of a record', () => {
  it('that every state has are those, and those alone', () => {
    const {
      run: _run,
      status: _status,
      desired: _desired,
      deadlineAt: _deadline,
      ...base
    } = stopping({
      host,
      reason: { code: 'exited', message: 'Exit code 1.' },
    });
    const { reason: _reason, ...shared } = base;
    expect(baseOf(stopping({ host, reason: { code: 'exited', message: 'x' } }))).toStrictEqual(shared);
  });

  it('that are absent are absent in them too', () => {
    expect(Object.keys(baseOf(stopped()))).not.toContain('mount');
  });

  it('of a key are its user and its id', () => {
    expect(keyOf(running())).toStrictEqual({ userId: USER, workbenchId: ID });
  });

  it('of a run are there in every state that has one', () => {
    expect(runOf(stopped())).toBeUndefined();
    expect(runOf(starting())).toEqual(starting().run);
    expect(runOf(running())).toEqual(running().run);
    // A record from elsewhere: what is stopped has no run, whatever is said of one.
    expect(runOf({ ...stopped(), run: acceptedRun() } as Workbench)).toBeUndefined();
  });
});

describe('the time in an id', () => {
  it('is that of its first ten characters, when there are more', () => {
    expect(createdAtOf(idAt(T0, 5))).toBe(T0);
    expect(createdAtOf(idAt(T0, 5).slice(0, 11))).toBe(T0);
    expect(createdAtOf(idAt(T0, 5).slice(0, 10))).toBeUndefined();
    expect(createdAtOf('0'.repeat(9))).toBeUndefined();
    expect(createdAtOf('0000000000x')).toBe(0);
    expect(createdAtOf('u0000000000')).toBeUndefined();
  });
});
