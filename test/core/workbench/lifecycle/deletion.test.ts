import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#core/errors.ts';
import { heldBy } from '#core/quotas/held.ts';
import type { Request } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, isDeleted, isSettled, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  issuedRun,
  pending,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const HOUR = 3_600_000;
const WINDOW = 168 * HOUR;
const withWindow = lifecycle({ ...DEFAULT_POLICY, deleteAfterMs: WINDOW });
const withoutWindow = lifecycle(DEFAULT_POLICY);
const DELETE: Request = { type: 'delete', by: 'ada' };
const NOW: Request = { ...DELETE, immediately: true };
const RESTORE: Request = { type: 'restore', by: 'ada' };

const apply = (workbench: Workbench, request: Request, now = T0) =>
  withWindow(workbench, request, now).workbench;
const tick = (workbench: Workbench, now: number) => withWindow(workbench, { type: 'tick' }, now).workbench;

/** A deleted workbench that has stopped, with its history written. */
const kept = () => ({ ...apply(stopped(), DELETE), outbox: [] });

function codeOf(workbench: Workbench, request: Request, now = T0): string {
  try {
    apply(workbench, request, now);
    return 'accepted';
  } catch (error) {
    if (error instanceof WorkbenchError) return error.code;
    throw error;
  }
}

describe('a request to delete', () => {
  it.each([
    ['stopped', stopped(), 'stopped'],
    ['preparing', starting(), 'stopped'],
    ['issued', starting({ run: issuedRun() }), 'stopping'],
    ['pending', pending(), 'stopping'],
    ['running', running(), 'stopping'],
    ['stopping', stopping(), 'stopping'],
  ])('stops a %s workbench and keeps it for the time of the setting', (_, workbench, status) => {
    const after = apply(workbench, DELETE, T0 + HOUR);
    expect(after).toMatchObject({ status, desired: 'stopped' });
    expect(after.restorable).toEqual({ deletedAt: T0 + HOUR, until: T0 + HOUR + WINDOW });
    expect(after.outbox.at(-1)).toMatchObject({ type: 'delete_requested', by: 'ada' });
  });

  it('deletes at once without a window, or if the caller wants it', () => {
    expect(withoutWindow(running(), DELETE, T0).workbench).toMatchObject({ status: 'deleting' });
    expect(apply(running(), NOW)).toMatchObject({ status: 'deleting', desired: 'deleted' });
    expect(isDeleted(apply(running(), NOW))).toBe(false);
  });

  it('takes back a start that follows a stop, and an offer', () => {
    const nextRun = { runId: 'next', requestedAt: T0 };
    const before = stopping({ desired: 'running', nextRun, offer: { to: 'grace', expiresAt: T0 + HOUR } });
    const after = apply(before, DELETE);
    expect(after).toMatchObject({ status: 'stopping', desired: 'stopped' });
    for (const field of ['nextRun', 'offer']) expect(after).not.toHaveProperty(field);
  });

  it('changes nothing if it is repeated, also when the setting has changed', () => {
    expect(apply(kept(), DELETE, T0 + HOUR).restorable).toEqual(kept().restorable);
    expect(withoutWindow(kept(), DELETE, T0 + HOUR).workbench.restorable).toEqual(kept().restorable);
    expect(apply(deleting(), DELETE)).toEqual(deleting());
  });

  it('deletes at once what is kept, if the caller wants it, and it stays hidden', () => {
    const after = apply(kept(), NOW, T0 + HOUR);
    expect(after).toMatchObject({ status: 'deleting', desired: 'deleted' });
    expect(isDeleted(after)).toBe(true);
  });

  it('keeps the host stopped', () => {
    const host = aHost({ state: 'stopped', agentConnected: false });
    expect(isSettled({ ...apply(stopped({ host }), DELETE), outbox: [] })).toBe(true);
  });
});

describe('a deleted workbench', () => {
  it.each<Request>([
    { type: 'start', runId: 'new', by: 'ada' },
    { type: 'stop', by: 'ada' },
    { type: 'restart', observedRunId: undefined, runId: 'new', by: 'ada' },
    { type: 'extend', minutes: 60, by: 'ada' },
    { type: 'update', changes: { name: 'Other' }, by: 'ada' },
    { type: 'offer', to: 'grace', by: 'ada' },
    { type: 'withdraw_offer', by: 'ada' },
    { type: 'move', to: 'grace', accepted: false, by: 'ada' },
  ])('does not exist for the request %j', (request) => {
    expect(codeOf(kept(), request)).toBe('workbench_not_found');
    expect(codeOf(apply(running(), DELETE), request)).toBe('workbench_not_found');
  });

  it('holds nothing once it has stopped, and its capacity until then', () => {
    const spec = { ...stopped().spec, dedicatedInstanceType: 'm7i.large' };
    const ending = apply(running({ spec }), DELETE);
    expect(heldBy(ending)).toMatchObject({ workbenches: 0, hosts: 0, running: 1, cpu: spec.cpuUnits });
    expect(Object.values(heldBy(apply(stopped({ spec }), DELETE))).every((amount) => amount === 0)).toBe(
      true,
    );
    expect(heldBy(apply(kept(), RESTORE))).toMatchObject({ workbenches: 1 });
  });

  it('is due at the end of its window, and is then deleted', () => {
    expect(dueAt(kept())).toBe(T0 + WINDOW);
    expect(tick(kept(), T0 + WINDOW - 1).status).toBe('stopped');
    const after = tick(kept(), T0 + WINDOW);
    expect(after).toMatchObject({ status: 'deleting', outbox: [{ from: 'stopped', to: 'deleting' }] });
    expect(isDeleted(after)).toBe(true);
  });

  it('is deleted when the controller was paused at the end of its window', () => {
    expect(tick(kept(), T0 + WINDOW + 24 * HOUR).status).toBe('deleting');
  });

  it('is deleted at the end of its window although its stop is overdue, once its run has ended', () => {
    const run = acceptedRun({ stopRequestedAt: T0 });
    const before = { ...apply(running({ run }), DELETE), nextDriveAt: T0 + WINDOW, outbox: [] } as Workbench;
    const polled = { ...before, updatedAt: T0 + WINDOW, overdue: true } as Workbench;
    expect(tick(polled, T0 + WINDOW)).toMatchObject({ status: 'deleting', run: { taskId: run.taskId } });
  });

  it('is none any more if a version that does not know deletions has started it', () => {
    const { restorable } = kept();
    const started = running({ startedAt: T0 + 1, ...(restorable ? { restorable } : {}) });
    expect(isDeleted(started)).toBe(false);
    expect(tick({ ...started, nextDriveAt: T0 + WINDOW }, T0 + WINDOW).status).toBe('running');
    const again = stopped({ startedAt: T0 + 1, ...(restorable ? { restorable } : {}) });
    expect(dueAt(again)).toBeUndefined();
    expect(apply(again, { type: 'start', runId: 'new', by: 'ada' })).not.toHaveProperty('restorable');
  });

  it('counts as deleted although the clock was set back since its start', () => {
    const after = apply(stopped({ startedAt: T0 + HOUR }), DELETE);
    expect(isDeleted(after)).toBe(true);
    expect(after.restorable?.until).toBe(T0 + WINDOW);
  });
});

describe('a request to restore', () => {
  it('takes the deletion back until the window ends', () => {
    const after = apply(kept(), RESTORE, T0 + WINDOW - 1);
    expect(after).toMatchObject({ status: 'stopped', outbox: [{ type: 'restored', by: 'ada' }] });
    expect(after).not.toHaveProperty('restorable');
    expect(dueAt({ ...after, outbox: [] })).toBeUndefined();
  });

  it('is possible while the workbench stops', () => {
    expect(apply(apply(running(), DELETE), RESTORE)).toMatchObject({
      status: 'stopping',
      desired: 'stopped',
    });
  });

  it('is refused when it is too late, or nothing is deleted', () => {
    expect(codeOf(kept(), RESTORE, T0 + WINDOW)).toBe('deleting');
    expect(codeOf(apply(kept(), NOW), RESTORE)).toBe('deleting');
    expect(codeOf(deleting(), RESTORE)).toBe('deleting');
    expect(codeOf(stopped(), RESTORE)).toBe('not_deleted');
    expect(codeOf(running(), RESTORE)).toBe('not_deleted');
  });
});
