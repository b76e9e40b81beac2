import { describe, expect, it } from 'vitest';
import type { Request } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { plannedStopOf } from '#core/workbench/planned-stop.ts';
import type { Schedule } from '#core/workbench/schedule-schema.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { dueAt, type Workbench } from '#core/workbench/workbench.ts';
import { acceptedRun, deleting, running, starting, stopped, stopping } from '#test/builders/workbench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const step = lifecycle({ ...DEFAULT_POLICY, idleStopMinutes: 0, deleteAfterMs: 72 * HOUR });

const WORKDAYS = { start: '0 8 * * 1-5', stop: '0 18 * * 1-5', zone: 'Europe/Berlin' };
/** Monday, 2 March 2026 in Berlin, one hour ahead of UTC. */
const at = (hour: number, minute = 0, day = 2) => Date.UTC(2026, 2, day, hour - 1, minute);
const MONDAY_8 = at(8);
const MONDAY_18 = at(18);

const apply = (workbench: Workbench, input: Request, now: number) => step(workbench, input, now).workbench;
const tick = (workbench: Workbench, now: number) => step(workbench, { type: 'tick' }, now).workbench;
const update = (workbench: Workbench, schedule: Parameters<typeof planned>[0] | null, now: number) =>
  apply(workbench, { type: 'update', changes: { schedule }, by: 'ada' }, now);
const planned = (schedule: Pick<Schedule, 'start' | 'stop' | 'zone'>) => schedule;
const typesOf = ({ outbox }: Workbench) => outbox.map(({ type }) => type);

const waiting = (more: Partial<Schedule> = {}) =>
  stopped({ updatedAt: at(7), schedule: { ...WORKDAYS, nextStartAt: MONDAY_8, ...more } });
const working = (more: Partial<Schedule> = {}) =>
  running({
    run: acceptedRun(),
    ...{ readyAt: at(8, 1), updatedAt: at(8, 1) },
    schedule: { ...WORKDAYS, nextStopAt: MONDAY_18, ...more },
  });
const warned = () => ({ ...tick(working(), at(17, 50)), outbox: [] }) as Workbench;

describe('a schedule', () => {
  it('has its next start in the record of a stopped workbench, and its next stop from a start on', () => {
    const set = update(stopped(), WORKDAYS, at(7));
    expect(set.schedule).toEqual({ ...WORKDAYS, nextStartAt: MONDAY_8 });
    expect(dueAt({ ...set, outbox: [] })).toBe(MONDAY_8);
    const started = apply(set, { type: 'start', runId: 'r', by: 'ada' }, at(7, 30));
    expect(started.schedule).toEqual({ ...WORKDAYS, nextStopAt: MONDAY_18 });
    const ended = apply(started, { type: 'stop', by: 'ada' }, at(9));
    expect(ended.schedule).toEqual({ ...WORKDAYS, nextStartAt: at(8, 0, 3) });
    expect(update(running(), WORKDAYS, at(9)).schedule).toEqual({ ...WORKDAYS, nextStopAt: MONDAY_18 });
  });

  it('is replaced as a whole, removed by null, and kept by other changes', () => {
    const stopOnly = { stop: '0 20 * * *', zone: 'UTC' };
    expect(update(waiting(), stopOnly, at(7)).schedule).toEqual(stopOnly);
    expect(update(waiting(), null, at(7))).not.toHaveProperty('schedule');
    expect(update(waiting(), WORKDAYS, at(7))).toEqual(waiting());
    const renamed = apply(waiting(), { type: 'update', changes: { name: 'New' }, by: 'ada' }, at(7));
    expect(renamed.schedule).toEqual(waiting().schedule);
  });
});

describe('a start by the schedule', () => {
  it('begins at its time, as an ordinary start', () => {
    expect(tick(waiting(), MONDAY_8 - 1)).toEqual(waiting());
    const started = tick(waiting(), MONDAY_8);
    expect(started).toMatchObject({ status: 'starting', desired: 'running', startedAt: MONDAY_8 });
    expect(started.outbox.at(-1)).toMatchObject({
      type: 'schedule_started',
      from: 'stopped',
      to: 'starting',
    });
    expect(started.schedule).toEqual({ ...WORKDAYS, nextStopAt: MONDAY_18 });
  });

  it('has a run id of its own for each revision', () => {
    const idOf = (workbench: Workbench) => ('run' in workbench ? workbench.run?.runId : undefined);
    const first = idOf(tick(waiting(), MONDAY_8));
    expect(first).toMatch(/^[0-9a-hjkmnp-tv-z]{16}$/);
    expect(idOf(tick({ ...waiting(), revision: 9 }, MONDAY_8))).not.toBe(first);
  });

  it('follows a stop that is in progress', () => {
    const { schedule } = waiting();
    const ending = { ...stopping({ updatedAt: at(7, 59) }), ...(schedule ? { schedule } : {}) };
    const after = tick({ ...ending, nextDriveAt: at(8, 1), deadlineAt: at(8, 9) }, MONDAY_8);
    expect(after).toMatchObject({
      status: 'stopping',
      desired: 'running',
      nextRun: { requestedAt: MONDAY_8 },
    });
    expect(typesOf(after)).toContain('schedule_started');
  });

  it('that is later than an hour is left out, and said', () => {
    const after = tick(waiting(), MONDAY_8 + HOUR + 1);
    expect(after.status).toBe('stopped');
    expect(after.schedule).toEqual({ ...WORKDAYS, nextStartAt: at(8, 0, 3), state: 'missed' });
    expect(typesOf(after)).toEqual(['schedule_missed']);
    expect(statusDetail(after)).toBe('schedule_missed');
    expect(tick(waiting(), MONDAY_8 + HOUR).status).toBe('starting');
    const later = tick({ ...after, outbox: [], updatedAt: at(7, 59, 3) } as Workbench, at(8, 0, 3));
    expect(later).toMatchObject({ status: 'starting', schedule: { ...WORKDAYS } });
    expect(later.schedule).not.toHaveProperty('state');
  });

  it('that a quota refuses is said, and tried again at the next time only', () => {
    const refused = step(waiting(), { type: 'scheduled_start_refused' }, MONDAY_8).workbench;
    expect(refused.schedule).toEqual({ ...WORKDAYS, nextStartAt: at(8, 0, 3), state: 'refused' });
    expect(typesOf(refused)).toEqual(['schedule_refused']);
    expect(statusDetail(refused)).toBe('schedule_refused');
    expect(tick({ ...refused, outbox: [] } as Workbench, MONDAY_8 + MINUTE).status).toBe('stopped');
    expect(step(waiting(), { type: 'scheduled_start_refused' }, at(7, 30)).workbench).toEqual(waiting());
  });

  it('is passed over by a stop that a user requests after its time', () => {
    const after = apply(waiting(), { type: 'stop', by: 'ada' }, MONDAY_8 + MINUTE);
    expect(after).toMatchObject({ status: 'stopped', schedule: { nextStartAt: at(8, 0, 3) } });
    expect(tick({ ...after, outbox: [] } as Workbench, MONDAY_8 + 2 * MINUTE).status).toBe('stopped');
  });

  it('does not come again if a user stops the workbench just after it, by a clock that is behind', () => {
    const started = { ...tick(waiting(), MONDAY_8 + 500), outbox: [] } as Workbench;
    const after = apply(started, { type: 'stop', by: 'ada' }, MONDAY_8 - 1000);
    expect(after.schedule).toEqual({ ...WORKDAYS, nextStartAt: at(8, 0, 3) });
    const setBack = apply(started, { type: 'stop', by: 'ada' }, at(7));
    expect(setBack.schedule).toEqual({ ...WORKDAYS, nextStartAt: MONDAY_8 });
  });

  it('does not happen to a deleted workbench, and not late after it was restored', () => {
    const kept = { ...apply(waiting(), { type: 'delete', by: 'ada' }, at(7)), outbox: [] } as Workbench;
    expect(dueAt(kept)).toBe(at(7) + 72 * HOUR);
    expect(tick(kept, MONDAY_8)).toEqual(kept);
    const restored = apply(kept, { type: 'restore', by: 'ada' }, at(12));
    expect(restored.schedule).toEqual({ ...WORKDAYS, nextStartAt: at(8, 0, 3) });
    const { schedule } = waiting();
    const gone = deleting({ updatedAt: at(7, 59), nextDriveAt: at(8, 1), deadlineAt: at(8, 30) });
    const ending = { ...gone, ...(schedule ? { schedule } : {}) };
    expect(tick(ending, MONDAY_8).status).toBe('deleting');
  });
});

describe('a stop by the schedule', () => {
  it('is announced ten minutes before, and then comes at its time', () => {
    expect(plannedStopOf(working())).toEqual({ at: MONDAY_18, code: 'schedule' });
    expect(dueAt(working())).toBe(at(17, 50));
    const after = tick(working(), at(17, 50));
    expect(after.schedule).toMatchObject({ nextStopAt: MONDAY_18, state: 'warned' });
    expect(typesOf(after)).toEqual(['schedule_warned']);
    expect(dueAt(warned())).toBe(MONDAY_18);
    expect(tick(warned(), MONDAY_18 - 1).status).toBe('running');
    const ended = tick(warned(), MONDAY_18);
    expect(ended).toMatchObject({ status: 'stopping', desired: 'stopped', reason: { code: 'schedule' } });
    expect(ended.schedule).toEqual({ ...WORKDAYS, nextStartAt: at(8, 0, 3) });
  });

  it('comes ten minutes after a warning that was late', () => {
    const late = tick(working(), at(17, 58));
    expect(late.schedule).toMatchObject({ nextStopAt: at(18, 8), state: 'warned' });
    expect(tick(working(), at(18, 40)).schedule).toMatchObject({ nextStopAt: at(18, 50), state: 'warned' });
  });

  it('that is later than an hour is left out, and said', () => {
    for (const before of [working(), warned()]) {
      const after = tick(before, MONDAY_18 + HOUR + 1);
      expect(after).toMatchObject({
        status: 'running',
        schedule: { nextStopAt: at(18, 0, 3), state: 'missed' },
      });
      expect(typesOf(after)).toContain('schedule_missed');
      const next = { ...after, outbox: [], updatedAt: at(17, 49, 3) } as Workbench;
      expect(tick(next, at(17, 50, 3)).schedule).toMatchObject({ state: 'warned' });
    }
  });

  it('is held off by an extension, also one that is announced', () => {
    for (const before of [working(), warned()]) {
      const after = apply(before, { type: 'extend', minutes: 120, by: 'ada' }, at(17, 55));
      expect(after.schedule).toEqual({ ...WORKDAYS, nextStopAt: at(19, 55) });
      expect(dueAt({ ...after, outbox: [] })).toBe(at(19, 45));
    }
    const short = apply(working(), { type: 'extend', minutes: 60, by: 'ada' }, at(9));
    expect(short.schedule).toEqual(working().schedule);
  });

  it('is passed over by a start that a user requests after its time', () => {
    const after = apply(warned(), { type: 'start', runId: 'r', by: 'ada' }, MONDAY_18);
    expect(after).toMatchObject({ status: 'running', schedule: { nextStopAt: at(18, 0, 3) } });
    const before = apply(warned(), { type: 'start', runId: 'r', by: 'ada' }, MONDAY_18 - 1);
    expect(before.schedule).toMatchObject({ nextStopAt: MONDAY_18, state: 'warned' });
  });

  it('does not end a start in progress, nor a run that became ready after its time', () => {
    const { schedule } = working();
    const pending = starting({ updatedAt: at(17, 59), nextDriveAt: at(18, 1), deadlineAt: at(18, 10) });
    const after = tick({ ...pending, ...(schedule ? { schedule } : {}) }, at(18));
    expect(after.status).toBe('starting');
    const ready = { ...working(), readyAt: at(18, 5), updatedAt: at(18, 5) } as Workbench;
    expect(tick(ready, at(18, 5))).toMatchObject({
      status: 'running',
      schedule: { nextStopAt: at(18, 0, 3) },
    });
  });

  it('is announced anew for the next run', () => {
    const restart = { type: 'restart', observedRunId: acceptedRun().runId, runId: 'r2', by: 'ada' } as const;
    const again = apply(warned(), restart, at(17, 55));
    expect(again.schedule).not.toHaveProperty('state');
  });

  it('is the earliest of the planned stops', () => {
    expect(plannedStopOf({ ...working(), plannedStopAt: MONDAY_18 - 1 } as Workbench)?.code).toBe('stop_at');
    expect(plannedStopOf({ ...working(), plannedStopAt: MONDAY_18 + 1 } as Workbench)?.code).toBe('schedule');
  });
});
