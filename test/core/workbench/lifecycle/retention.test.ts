import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import { heldBy } from '#core/quotas/held.ts';
import type { Request } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lacksRetention } from '#core/workbench/lifecycle/retention.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { RETENTION_WARNING_MS } from '#core/workbench/planned-stop.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { dueAt, isDeleted, type Stopped, type Workbench } from '#core/workbench/workbench.ts';
import { acceptedRun, running, stopped, stopping, T0 } from '#test/builders/workbench.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEPT_MS = 90 * DAY;
const POLICY = { ...DEFAULT_POLICY, deleteAfterMs: 2 * DAY, retentionMs: KEPT_MS };
const step = lifecycle(POLICY);
const withoutRetention = lifecycle({ ...POLICY, retentionMs: 0 });
const withoutWindow = lifecycle({ ...POLICY, deleteAfterMs: 0 });
const twiceAsLong = lifecycle({ ...POLICY, retentionMs: 2 * KEPT_MS });

const written = <W extends Workbench>(workbench: W): W => ({ ...workbench, outbox: [] });
const tick = (workbench: Workbench, now: number, by = step) => by(workbench, { type: 'tick' }, now).workbench;
const apply = (workbench: Workbench, request: Request, now: number) =>
  step(workbench, request, now).workbench;
const retentionOf = (workbench: Workbench) =>
  workbench.status === 'stopped' ? workbench.retention : undefined;

const untouched = (fields: Partial<Stopped> = {}) =>
  stopped({ retention: { since: T0, deletesAt: T0 + KEPT_MS }, ...fields });
const WARNED_AT = T0 + KEPT_MS - RETENTION_WARNING_MS;
const DELETED_AT = T0 + KEPT_MS + CLOCK_SKEW_MAX_MS;
const warned = () => written(tick(untouched(), WARNED_AT));

/** A stop whose task has ended. */
const ending = () => stopping({ run: acceptedRun({ goneAfter: T0 }), nextDriveAt: T0 });

describe('a workbench that stops', () => {
  it('is kept for the time of the setting', () => {
    const after = written(tick(ending(), T0));
    expect(after).toMatchObject({ status: 'stopped', retention: { since: T0, deletesAt: T0 + KEPT_MS } });
    expect(dueAt(after)).toBe(WARNED_AT);
  });

  it.each([
    ['the setting', withoutRetention],
    ['a time in which it can be restored', withoutWindow],
  ])('has no end without %s', (_, by) => {
    const after = tick(ending(), T0, by);
    expect(after.status).toBe('stopped');
    expect(after).not.toHaveProperty('retention');
  });

  it('has no time while it is deleted', () => {
    const deleted = apply(running(), { type: 'delete', by: 'ada' }, T0);
    expect(deleted.status).toBe('stopping');
    expect({ ...deleted, run: undefined, ...stopped() }).not.toHaveProperty('retention');
    expect(apply(untouched(), { type: 'delete', by: 'ada' }, T0)).not.toHaveProperty('retention');
  });
});

describe('a workbench that has stopped before the setting was made', () => {
  it('is kept for the time of the setting from its next drive on, without an entry in its history', () => {
    const after = tick(stopped({ stoppedAt: T0 - 900 * DAY }), T0);
    expect(retentionOf(after)).toEqual({ since: T0, deletesAt: T0 + KEPT_MS });
    expect(after.outbox).toEqual([]);
  });

  it.each([
    ['is running', running()],
    ['has a time', untouched()],
    ['is deleted', stopped({ restorable: { deletedAt: T0, until: T0 + DAY } })],
  ])('is no workbench that %s', (_, workbench) => {
    expect(lacksRetention(workbench, POLICY)).toBe(false);
    expect(tick(workbench, T0)).toEqual(workbench);
  });

  it('stays without a time while the setting is off', () => {
    for (const by of [withoutRetention, withoutWindow]) expect(tick(stopped(), T0, by)).toEqual(stopped());
    expect(lacksRetention(stopped(), DEFAULT_POLICY)).toBe(false);
  });
});

describe('a workbench that stays stopped', () => {
  it('is not touched before the warning', () => {
    expect(tick(untouched(), WARNED_AT - 1)).toEqual(untouched());
  });

  it('has its owner warned a week before, in its history and its status detail', () => {
    const after = tick(untouched(), WARNED_AT);
    expect(after.outbox).toMatchObject([{ type: 'retention_warned' }]);
    expect(retentionOf(after)).toEqual({ since: T0, deletesAt: T0 + KEPT_MS, warned: true });
    expect(statusDetail(after)).toBe('deletion_planned');
    expect(dueAt(written(after))).toBe(DELETED_AT);
  });

  it('is deleted at the announced time, for every clock of the controller, and can be restored', () => {
    expect(tick(warned(), DELETED_AT - 1)).toEqual(warned());
    const after = tick(warned(), DELETED_AT);
    expect(isDeleted(after)).toBe(true);
    expect(after).toMatchObject({
      status: 'stopped',
      reason: { code: 'retention', message: expect.stringContaining('90 days') },
      restorable: { deletedAt: DELETED_AT, until: DELETED_AT + 2 * DAY },
    });
    expect(after.outbox).toEqual([
      { seq: expect.any(Number), at: DELETED_AT, type: 'delete_requested', code: 'retention' },
    ]);
    expect(after).not.toHaveProperty('retention');
    expect(statusDetail(after)).toBeUndefined();
    expect(heldBy(after).workbenches).toBe(0);
    expect(tick(written(after), DELETED_AT + 2 * DAY).status).toBe('deleting');
  });

  it('loses the offer to another owner with its deletion', () => {
    const offered = { ...warned(), offer: { to: 'grace', expiresAt: DELETED_AT + DAY } };
    expect(tick(offered, DELETED_AT)).not.toHaveProperty('offer');
  });

  it('gets a whole week from a warning that came late', () => {
    const late = WARNED_AT + 30 * DAY;
    expect(retentionOf(tick(untouched(), late))).toMatchObject({
      deletesAt: late + RETENTION_WARNING_MS,
      warned: true,
    });
  });

  it('is warned of first, if the controller works again just after the time of the deletion', () => {
    const after = tick(untouched(), DELETED_AT);
    expect(retentionOf(after)).toMatchObject({ deletesAt: DELETED_AT + RETENTION_WARNING_MS, warned: true });
  });

  it('is warned of again if the deletion is more than an hour late, since a clock may have been set forward', () => {
    const late = T0 + KEPT_MS + HOUR;
    const after = tick(warned(), late);
    expect(isDeleted(after)).toBe(false);
    expect(retentionOf(after)?.deletesAt).toBe(late + RETENTION_WARNING_MS);
    expect(after.outbox).toMatchObject([{ type: 'retention_warned' }]);
    expect(isDeleted(tick(warned(), late - 1))).toBe(true);
  });

  it('is started by its schedule rather than deleted at the same time', () => {
    const schedule = { start: '0 8 1 1 *', zone: 'UTC', nextStartAt: DELETED_AT };
    expect(tick({ ...warned(), schedule }, DELETED_AT).status).toBe('starting');
  });
});

describe('the time for which a stopped workbench is kept', () => {
  const later = WARNED_AT + DAY;

  it.each<[string, Request]>([
    ['a change', { type: 'update', changes: { name: 'Kept' }, by: 'ada' }],
    ['an offer', { type: 'offer', to: 'grace', by: 'ada' }],
    ['another owner', { type: 'move', to: 'grace', accepted: false, by: 'admin' }],
  ])('begins anew with %s', (_, request) => {
    const after = apply(warned(), request, later);
    expect(retentionOf(after)).toEqual({ since: later, deletesAt: later + KEPT_MS });
    expect(statusDetail(after)).toBeUndefined();
  });

  it('ends with a start and begins anew with the next stop', () => {
    const started = apply(warned(), { type: 'start', runId: 'new', by: 'ada' }, later);
    expect(started.status).toBe('starting');
    expect(started).not.toHaveProperty('retention');
    expect(retentionOf(apply(started, { type: 'stop', by: 'ada' }, later + DAY))).toEqual({
      since: later + DAY,
      deletesAt: later + DAY + KEPT_MS,
    });
  });

  it('begins anew when the workbench is restored', () => {
    const deleted = written(tick(warned(), DELETED_AT));
    const after = apply(deleted, { type: 'restore', by: 'ada' }, DELETED_AT + DAY);
    expect(retentionOf(after)).toEqual({ since: DELETED_AT + DAY, deletesAt: DELETED_AT + DAY + KEPT_MS });
  });

  it('stays with a request that changes nothing', () => {
    expect(apply(warned(), { type: 'stop', by: 'ada' }, later)).toEqual(warned());
    expect(apply(warned(), { type: 'withdraw_offer', by: 'ada' }, later)).toEqual(warned());
  });

  it('becomes longer with the setting, also after the warning', () => {
    for (const [before, now] of [[untouched(), WARNED_AT] as const, [warned(), DELETED_AT] as const]) {
      const after = tick(before, now, twiceAsLong);
      expect(retentionOf(after)).toEqual({ since: T0, deletesAt: T0 + 2 * KEPT_MS });
      expect(after.outbox).toEqual([]);
    }
  });

  it('becomes longer with the setting by less than the warning', () => {
    const threeDaysLonger = lifecycle({ ...POLICY, retentionMs: KEPT_MS + 3 * DAY });
    const after = tick(warned(), DELETED_AT, threeDaysLonger);
    expect(isDeleted(after)).toBe(false);
    expect(retentionOf(after)?.deletesAt).toBe(DELETED_AT + RETENTION_WARNING_MS);
  });

  it('does not become shorter with the setting', () => {
    const before = stopped({ retention: { since: T0, deletesAt: T0 + 2 * KEPT_MS } });
    expect(tick(before, DELETED_AT)).toEqual(before);
  });

  it.each([
    ['is off', withoutRetention],
    ['has no time in which it could be restored', withoutWindow],
  ])('ends without a deletion if the setting %s by then', (_, by) => {
    const after = tick(warned(), DELETED_AT, by);
    expect(after).toMatchObject({ status: 'stopped', outbox: [] });
    expect(after).not.toHaveProperty('retention');
    expect(isDeleted(after)).toBe(false);
    expect(dueAt(after)).toBeUndefined();
  });
});

/** Time that passes, and whether the controller works and a user changes the workbench. */
interface Act {
  readonly days: number;
  readonly works: boolean;
  readonly touches: boolean;
}

const anyAct: fc.Arbitrary<Act> = fc.record({
  days: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 100 })),
  works: fc.boolean(),
  touches: fc.oneof(fc.constant(false), fc.constant(false), fc.boolean()),
});

/** By how many days the clock is set: back, or forward by more than the warning. A shorter step shortens the warning. */
const anyStep = fc.oneof(fc.integer({ min: -400, max: 0 }), fc.integer({ min: 8, max: 400 }));

it('deletes nothing without a week of warning, if the controller does not work or its clock is set', () => {
  let deletions = 0;
  fc.assert(
    fc.property(
      fc.array(anyAct, { minLength: 3, maxLength: 25 }),
      anyStep,
      fc.oneof(fc.nat({ max: 24 }), fc.constant('in the week of the warning' as const)),
      (acts, steps, stepsAt) => {
        let workbench = untouched() as Workbench;
        /** The true time; the clock is ahead of it by `ahead`. */
        let time = T0;
        let ahead = 0;
        let warnedAt: number | undefined;
        const drive = () => {
          const after = tick(workbench, time + ahead);
          if (isDeleted(after)) {
            deletions += 1;
            expect(warnedAt, 'deleted without a warning').toBeDefined();
            expect(time - (warnedAt ?? time)).toBeGreaterThanOrEqual(RETENTION_WARNING_MS);
          }
          if (after.outbox.some(({ type }) => type === 'retention_warned')) warnedAt = time;
          workbench = written(after);
        };
        for (const [index, { days, works, touches }] of acts.entries()) {
          const isInWeek = warnedAt !== undefined && time - warnedAt < RETENTION_WARNING_MS;
          if (ahead === 0 && (typeof stepsAt === 'number' ? index === stepsAt : isInWeek))
            ahead = steps * DAY;
          const end = time + days * DAY;
          // A controller that works drives the workbench when it is due.
          while (works && !isDeleted(workbench)) {
            const due = (dueAt(workbench) ?? Infinity) - ahead;
            if (due > end) break;
            time = Math.max(time, due);
            drive();
          }
          if (isDeleted(workbench)) return;
          time = end;
          if (!touches) continue;
          const changes = { name: `At ${time}` };
          workbench = written(apply(workbench, { type: 'update', changes, by: 'ada' }, time + ahead));
          warnedAt = undefined;
        }
      },
    ),
    { numRuns: 200 },
  );
  expect(deletions).toBeGreaterThan(0);
});
