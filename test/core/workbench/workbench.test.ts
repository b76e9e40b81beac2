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

describe('dueAt', () => {
  it('is undefined for a settled workbench', () => {
    expect(dueAt(running())).toBeUndefined();
    expect(dueAt(stopped())).toBeUndefined();
  });

  it('is the earlier of due time and deadline', () => {
    for (const make of [provisioning, pending, stopping, deleting]) {
      expect(dueAt(make({ nextDriveAt: T0 + 5, deadlineAt: T0 + 9 }))).toBe(T0 + 5);
      expect(dueAt(make({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5 }))).toBe(T0 + 5);
      const { nextDriveAt: _none, ...unappointed } = make({ deadlineAt: T0 + 7 });
      expect(dueAt(unappointed as Workbench)).toBe(T0 + 7);
    }
  });

  it('ignores a deadline that is already overdue', () => {
    expect(dueAt(stopping({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5, overdue: true }))).toBe(T0 + 9);
  });

  it('ignores a paused deadline', () => {
    expect(dueAt(starting({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5, deadlinePausedAt: T0 }))).toBe(T0 + 9);
    expect(dueAt(starting({ nextDriveAt: T0 + 9, deadlineAt: T0 + 5 }))).toBe(T0 + 5);
  });

  it('is now while history entries wait in the outbox', () => {
    expect(dueAt(running({ outbox: [aHistoryEntry()], updatedAt: T0 + 3 }))).toBe(T0 + 3);
  });

  it("is the end of the stop settle period, of the run's task or of an unexpected task", () => {
    const ending = { run: acceptedRun({ goneAfter: T0 + 4 }), nextDriveAt: T0 + 9 };
    expect(dueAt(stopping(ending))).toBe(T0 + 4);
    const unexpectedTask = [{ taskId: 'task-0' }, { taskId: 'task-9', goneAfter: T0 + 3 }];
    expect(dueAt(stopped({ unexpectedTasks: unexpectedTask }))).toBe(T0 + 3);
    expect(dueAt(stopped({ unexpectedTasks }))).toBeUndefined();
    expect(dueAt(stopping({ run: issuedRun(), nextDriveAt: T0 + 9 }))).toBe(T0 + 9);
  });
});

describe('isActive', () => {
  it('is true for everything that may cost money: all but stopped workbenches without a host or an unexpected task', () => {
    for (const status of STATUSES) expect(isActive(aWorkbench(status))).toBe(status !== 'stopped');
    expect(isActive(stopped({ unexpectedTasks }))).toBe(true);
    expect(isActive(stopped({ host: asleep }))).toBe(true);
  });
});

describe('isSettled', () => {
  it('is true for running and stopped workbenches, and false in transition', () => {
    for (const status of STATUSES)
      expect(isSettled(aWorkbench(status))).toBe(status === 'running' || status === 'stopped');
  });

  it('is false with an unexpected task', () => {
    expect(isSettled(running({ unexpectedTasks }))).toBe(false);
    expect(isSettled(stopped({ unexpectedTasks }))).toBe(false);
  });

  it('is false if the host is not in the desired state', () => {
    expect(isSettled(running({ host }))).toBe(true);
    expect(isSettled(running({ host: aHost({ agentConnected: false }) }))).toBe(false);
    expect(isSettled(running({ host: aHost({ replacing: true }) }))).toBe(false);
    expect(isSettled(running({ host: asleep }))).toBe(false);
    expect(isSettled(running({ host: aHost({ state: 'stopping' }) }))).toBe(false);
    expect(isSettled(stopped({ host: asleep }))).toBe(true);
    expect(isSettled(stopped({ host }))).toBe(false);
  });

  it('is false while the task is missing or the agent is silent', () => {
    expect(isSettled(running({ run: acceptedRun({ missingSince: T0 }) }))).toBe(false);
    expect(isSettled(running({ run: acceptedRun({ agentSilentSince: T0 }) }))).toBe(false);
  });
});

describe('the parts of a record', () => {
  it('that belong to every status are in its base, and only those', () => {
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

  it('that are absent are absent in the base too', () => {
    expect(Object.keys(baseOf(stopped()))).not.toContain('mount');
  });

  it('contain the user id and the workbench id of its key', () => {
    expect(keyOf(running())).toStrictEqual({ userId: USER, workbenchId: ID });
  });

  it('contain the run in every status that has one', () => {
    expect(runOf(stopped())).toBeUndefined();
    expect(runOf(starting())).toEqual(starting().run);
    expect(runOf(running())).toEqual(running().run);
    // A record from elsewhere: a stopped workbench has no run, even if the record contains one.
    expect(runOf({ ...stopped(), run: acceptedRun() } as Workbench)).toBeUndefined();
  });
});

describe('createdAtOf', () => {
  it('returns the time in the first ten characters of a longer id', () => {
    expect(createdAtOf(idAt(T0, 5))).toBe(T0);
    expect(createdAtOf(idAt(T0, 5).slice(0, 11))).toBe(T0);
    expect(createdAtOf(idAt(T0, 5).slice(0, 10))).toBeUndefined();
    expect(createdAtOf('0'.repeat(9))).toBeUndefined();
    expect(createdAtOf('0000000000x')).toBe(0);
    expect(createdAtOf('u0000000000')).toBeUndefined();
  });
});
