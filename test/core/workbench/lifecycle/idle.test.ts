import { describe, expect, it } from 'vitest';
import type { Evidence } from '#core/ports/activity-store.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { IDLE_MARGIN_MS, IDLE_WARNING_MS } from '#core/workbench/lifecycle/idle.ts';
import type { Input } from '#core/workbench/lifecycle/inputs.ts';
import { EFFECT_BEGINS_WITHIN_MS, DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { plannedStopOf } from '#core/workbench/planned-stop.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { dueAt, isSettled, type Running, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  deleting,
  ID,
  MINUTE,
  pending,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const HOUR = 60 * MINUTE;
const step = lifecycle(POLICY);
const LIMIT = HOUR + IDLE_MARGIN_MS;

/** Ready at T0, with the limit of an hour. */
const ready = (fields: Partial<Running> = {}) =>
  running({
    readyAt: T0,
    idle: { minutes: 60, since: T0, because: 'start', checkAt: T0 + LIMIT - IDLE_WARNING_MS },
    ...fields,
  });
const apply = (workbench: Workbench, input: Input, now: number, policy = POLICY) =>
  lifecycle(policy)(workbench, input, now).workbench;

/** The news that the task runs. It is newer than the record. */
const RUNS: Input = {
  type: 'task_observed',
  task: {
    ...{ taskId: 'task-1', userId: USER, workbenchId: ID, runId: RUN_ID, attempt: 1 },
    ...{ status: 'running', version: 9, agentConnected: true },
  } as TaskObservation,
};

/** Reads the evidence as a driving function does. */
function check(workbench: Workbench, evidence: Evidence, now: number, readAt = now): Workbench {
  const outcome = { type: 'evidence_read', runId: RUN_ID, evidence, readAt } as const;
  const input = { type: 'outcomes', revision: workbench.revision, outcomes: [outcome] } as const;
  return apply(workbench, input, now);
}
function failToCheck(workbench: Workbench, now: number): Workbench {
  const outcome = { type: 'effect_failed', effect: 'read_evidence', kind: 'unavailable' } as const;
  return apply(workbench, { type: 'outcomes', revision: workbench.revision, outcomes: [outcome] }, now);
}
const idleOf = (workbench: Workbench) => (workbench as Running).idle;
const effectsAt = (workbench: Workbench, now: number) => step(workbench, { type: 'tick' }, now).effects;
const entriesOf = ({ outbox }: Workbench) => outbox.map(({ type }) => type);

describe('a workbench that becomes ready', () => {
  const becomeReady = (fields: Parameters<typeof pending>[0], policy = POLICY) =>
    apply(pending(fields), RUNS, T0 + MINUTE, policy) as Running;

  it('is checked when it could first be idle, ten minutes before the stop', () => {
    const after = becomeReady({});
    const checkAt = T0 + MINUTE + LIMIT - IDLE_WARNING_MS;
    expect(after.idle).toEqual({ minutes: 60, since: T0 + MINUTE, because: 'start', checkAt });
    expect(dueAt({ ...after, outbox: [] })).toBe(checkAt);
    expect(isSettled(after)).toBe(true);
    expect(effectsAt(after, checkAt - 1)).toEqual([]);
    expect(effectsAt(after, checkAt)).toEqual([{ type: 'read_evidence', runId: RUN_ID }]);
  });

  it('has the limit of its user, of workbenches with GPUs, or none', () => {
    const { spec } = pending();
    expect(becomeReady({ spec: { ...spec, gpuCount: 1 } }).idle?.minutes).toBe(30);
    expect(becomeReady({ spec: { ...spec, idleStopMinutes: 15, gpuCount: 1 } }).idle?.minutes).toBe(15);
    expect(becomeReady({ spec: { ...spec, idleStopMinutes: 0 } }).idle).toBeUndefined();
    expect(becomeReady({}, { ...POLICY, idleStopMinutes: 0 }).idle).toBeUndefined();
  });

  it('may last as long as the shorter of the limits of its user and of the installation', () => {
    const spec = { ...pending().spec, maxRunHours: 8 };
    const at = T0 + MINUTE;
    expect(becomeReady({}).lifeEndsAt).toBeUndefined();
    expect(becomeReady({ spec }).lifeEndsAt).toBe(at + 8 * HOUR);
    expect(becomeReady({ spec }, { ...POLICY, maxRunHours: 4 }).lifeEndsAt).toBe(at + 4 * HOUR);
    expect(becomeReady({}, { ...POLICY, maxRunHours: 24 }).lifeEndsAt).toBe(at + 24 * HOUR);
  });

  it('keeps its limits when its task is observed again', () => {
    const after = becomeReady({ spec: { ...pending().spec, maxRunHours: 8 } });
    const again = apply(after, RUNS, T0 + 5 * MINUTE);
    expect(again).toMatchObject({ idle: after.idle, lifeEndsAt: after.lifeEndsAt });
  });

  it('is not stopped for idleness if a version without limits has started it', () => {
    const before = running();
    expect(dueAt(before)).toBeUndefined();
    expect(idleOf(apply(before, RUNS, T0))).toBeUndefined();
  });
});

describe('a check of the evidence', () => {
  const WARNED_AT = T0 + LIMIT - IDLE_WARNING_MS;
  const warned = () => check(ready(), {}, WARNED_AT);

  it.each([
    ['browser', { browser: T0 + 30 * MINUTE }],
    ['ide', { ide: T0 + 30 * MINUTE }],
  ] as const)('moves on to when the workbench could be idle next: %s', (because, evidence) => {
    const after = check(ready(), evidence, WARNED_AT);
    const since = T0 + 30 * MINUTE;
    expect(idleOf(after)).toEqual({ minutes: 60, since, because, checkAt: since + LIMIT - IDLE_WARNING_MS });
    expect(entriesOf(after)).toEqual([]);
    expect(after.nextDriveAt).toBeUndefined();
  });

  it('warns the owner ten minutes before the stop', () => {
    const after = warned();
    expect(idleOf(after)).toMatchObject({ idleStopAt: T0 + LIMIT, checkAt: T0 + LIMIT });
    expect(entriesOf(after)).toEqual(['idle_warned']);
    expect(plannedStopOf(after)).toEqual({ at: T0 + LIMIT, code: 'idle' });
  });

  it('that comes late warns ten minutes before the stop all the same', () => {
    const late = T0 + LIMIT + 3 * MINUTE;
    expect(idleOf(check(ready(), {}, late))).toMatchObject({ idleStopAt: late + IDLE_WARNING_MS });
  });

  it('stops the workbench at the announced time and says why', () => {
    const after = check(warned(), {}, T0 + LIMIT);
    expect(after).toMatchObject({ status: 'stopping', desired: 'stopped', reason: { code: 'idle' } });
    expect((after as { reason?: { message: string } }).reason?.message).toContain('2026-03-01 12:00 UTC');
  });

  it('does not stop it a moment before the announced time', () => {
    expect(check(warned(), {}, T0 + LIMIT - 1).status).toBe('running');
  });

  it('takes the warning back if the workbench was used', () => {
    const after = check(warned(), { browser: T0 + LIMIT - MINUTE }, T0 + LIMIT);
    expect(idleOf(after)).toEqual({
      ...{ minutes: 60, since: T0 + LIMIT - MINUTE, because: 'browser' },
      checkAt: T0 + LIMIT - MINUTE + LIMIT - IDLE_WARNING_MS,
    });
    expect(entriesOf(after)).toEqual(['idle_warned', 'idle_warning_ended']);
  });

  it('moves the announced stop if the workbench was used shortly before the warning', () => {
    const short = ready({ idle: { minutes: 15, since: T0, because: 'start', checkAt: T0 } });
    const first = check(short, {}, T0 + 7 * MINUTE);
    const after = check(first, { ide: T0 + 8 * MINUTE }, T0 + 17 * MINUTE);
    expect(idleOf(after)).toMatchObject({ idleStopAt: T0 + 23 * MINUTE + IDLE_MARGIN_MS });
    expect(entriesOf(after)).toEqual(['idle_warned']);
  });

  it('counts a time in the future as now, and an older time than the record knows not at all', () => {
    const now = T0 + 20 * MINUTE;
    expect(idleOf(check(ready(), { browser: now + HOUR }, now))?.since).toBe(now);
    expect(idleOf(check(ready(), { browser: T0 - HOUR }, now))).toMatchObject({
      since: T0,
      because: 'start',
    });
  });

  it('lets busy processors hold the stop off, for a limited time after the last use', () => {
    const busy = T0 + LIMIT - IDLE_WARNING_MS;
    expect(idleOf(check(ready(), { busy }, busy))).toMatchObject({
      ...{ since: T0, because: 'busy', keepUntil: busy + LIMIT, checkAt: busy + LIMIT - IDLE_WARNING_MS },
    });
    const late = T0 + 26 * HOUR;
    const after = check(ready(), { busy: late }, late);
    expect(idleOf(after)).toMatchObject({ since: T0, idleStopAt: late + IDLE_WARNING_MS });
    expect(check(after, { busy: late + IDLE_WARNING_MS }, late + IDLE_WARNING_MS).status).toBe('stopping');
  });

  it('keeps the workbench until a program asked for, at most twelve hours from now', () => {
    const until = T0 + 5 * HOUR;
    expect(idleOf(check(ready(), { keepaliveUntil: until }, WARNED_AT))).toMatchObject({
      ...{ because: 'keepalive', keepUntil: until, checkAt: until - IDLE_WARNING_MS },
    });
    expect(idleOf(check(ready(), { keepaliveUntil: T0 + 99 * HOUR }, WARNED_AT))?.keepUntil).toBe(
      WARNED_AT + 12 * HOUR,
    );
  });

  it('is ignored if the record has changed since, or the run is another one', () => {
    const workbench = { ...warned(), outbox: [] };
    const outcome = { type: 'evidence_read', runId: RUN_ID, evidence: {}, readAt: T0 + LIMIT } as const;
    const stale = { type: 'outcomes', revision: workbench.revision - 1, outcomes: [outcome] } as const;
    expect(apply(workbench, stale, T0 + LIMIT)).toBe(workbench);
    const other = { ...outcome, runId: 'another' };
    const input = { type: 'outcomes', revision: workbench.revision, outcomes: [other] } as const;
    expect(apply(workbench, input, T0 + LIMIT)).toBe(workbench);
  });

  it('is repeated if the function was frozen after it', () => {
    const workbench = { ...warned(), outbox: [] };
    expect(check(workbench, {}, T0 + LIMIT + EFFECT_BEGINS_WITHIN_MS, T0 + LIMIT)).toBe(workbench);
  });

  it('warns again if the announced stop comes late, because the evidence may not have been stored either', () => {
    const late = T0 + LIMIT + 5 * MINUTE;
    const after = check(warned(), {}, late);
    expect(idleOf(after)).toMatchObject({ idleStopAt: late + IDLE_WARNING_MS });
    expect(check(after, {}, late + IDLE_WARNING_MS).status).toBe('stopping');
  });

  it.each([
    ['stopped', stopped()],
    ['starting', starting()],
    ['stopping', stopping()],
  ])('changes nothing if the workbench is %s', (_, workbench) => {
    const { nextDriveAt: _due, ...undriven } = workbench;
    const after = check(undriven as Workbench, {}, T0);
    expect(after).toMatchObject({ status: workbench.status });
    expect(after).not.toHaveProperty('idle');
  });
});

describe('evidence that cannot be read', () => {
  it('stops nothing, is read again each minute, and is said after ten minutes', () => {
    let workbench = check(ready(), {}, T0 + LIMIT - IDLE_WARNING_MS);
    for (let minutes = 0; minutes < 30; minutes += 1) {
      const now = T0 + LIMIT + minutes * MINUTE;
      workbench = failToCheck(workbench, now);
      expect(workbench.status).toBe('running');
      expect(dueAt({ ...workbench, outbox: [] })).toBe(T0 + LIMIT);
      expect(idleOf(workbench)?.checkAt).toBe(now + MINUTE);
      expect(statusDetail(workbench)).toBe(minutes < 10 ? undefined : 'idle_unknown');
    }
    const readable = T0 + LIMIT + 30 * MINUTE;
    const after = check(workbench, {}, readable);
    expect(idleOf(after)).toMatchObject({ idleStopAt: readable + IDLE_WARNING_MS });
    expect(statusDetail(after)).toBeUndefined();
  });

  it('does not hold the end of the life of a run off', () => {
    const workbench = failToCheck(ready({ lifeEndsAt: T0 + HOUR }), T0 + 58 * MINUTE);
    expect(apply(workbench, { type: 'tick' }, T0 + HOUR)).toMatchObject({ reason: { code: 'max_life' } });
  });
});

describe('an extension', () => {
  const extend = (workbench: Workbench, now: number, minutes = 120) =>
    apply(workbench, { type: 'extend', minutes, by: 'ada' }, now);

  it('takes the warning back and holds the stop off for its time', () => {
    const warned = check(ready(), {}, T0 + LIMIT - IDLE_WARNING_MS);
    const now = T0 + LIMIT - MINUTE;
    const after = extend(warned, now);
    const keepUntil = now + 2 * HOUR;
    expect(idleOf(after)).toEqual({
      ...{ minutes: 60, since: now, because: 'extend', keepUntil, checkAt: keepUntil - IDLE_WARNING_MS },
    });
    expect(after.outbox.at(-1)).toMatchObject({ type: 'extended', by: 'ada' });
    expect(plannedStopOf(after)).toBeUndefined();
    const next = check(after, {}, keepUntil - IDLE_WARNING_MS);
    expect(check(next, {}, keepUntil)).toMatchObject({ status: 'stopping', reason: { code: 'idle' } });
  });

  it('is as long as the idle limit at least, and does not shorten an earlier one', () => {
    expect(idleOf(extend(ready(), T0 + MINUTE, 1))?.checkAt).toBe(T0 + MINUTE + LIMIT - IDLE_WARNING_MS);
    expect(idleOf(extend(extend(ready(), T0, 300), T0, 60))?.keepUntil).toBe(T0 + 5 * HOUR);
  });

  it('is kept by a check that comes before the planned one, as after a changed limit', () => {
    const keepUntil = T0 + 5 * HOUR;
    const after = check(extend(ready(), T0, 300), {}, T0 + 3 * HOUR);
    expect(idleOf(after)).toMatchObject({
      keepUntil,
      because: 'extend',
      checkAt: keepUntil - IDLE_WARNING_MS,
    });
    expect(idleOf(after)?.idleStopAt).toBeUndefined();
  });

  it('that wins the race makes the evidence that was read before it stale', () => {
    const warned = check(ready(), {}, T0 + LIMIT - IDLE_WARNING_MS);
    const after = extend(warned, T0 + LIMIT);
    const outcome = { type: 'evidence_read', runId: RUN_ID, evidence: {}, readAt: T0 + LIMIT } as const;
    const stop = { type: 'outcomes', revision: warned.revision, outcomes: [outcome] } as const;
    expect(apply({ ...after, outbox: [] }, stop, T0 + LIMIT)).toMatchObject({ idle: idleOf(after) });
  });

  it('changes nothing without an idle limit', () => {
    const workbench = running();
    expect(extend(workbench, T0)).toBe(workbench);
  });

  it.each([
    ['not_running', stopped()],
    ['not_running', starting()],
    ['not_running', stopping()],
    ['deleting', deleting()],
  ])('is refused with %s unless the workbench is running', (code, workbench) => {
    expect(() => extend(workbench, T0)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a start of a running workbench', () => {
  const start = (workbench: Workbench, now: number) =>
    apply(workbench, { type: 'start', runId: 'new-run', by: 'ada' }, now);

  it('counts as a use and takes the warning back', () => {
    const warned = check(ready(), {}, T0 + LIMIT - IDLE_WARNING_MS);
    const now = T0 + LIMIT - MINUTE;
    const after = start(warned, now);
    expect(idleOf(after)).toEqual({
      ...{ minutes: 60, since: now, because: 'start', checkAt: now + LIMIT - IDLE_WARNING_MS },
    });
    expect(after).toMatchObject({ status: 'running', run: { runId: RUN_ID } });
  });

  it('writes nothing within a minute of the last use, or without an idle limit', () => {
    const workbench = ready();
    expect(start(workbench, T0 + MINUTE - 1)).toBe(workbench);
    expect(start(running(), T0 + LIMIT)).toEqual(running());
  });
});

describe('changed limits', () => {
  const update = (workbench: Workbench, changes: object, now = T0 + 5 * MINUTE) =>
    apply(workbench, { type: 'update', changes, by: 'ada' }, now);

  it('apply at once to a running workbench', () => {
    const after = update(ready(), { idleStopMinutes: 120 });
    expect(idleOf(after)).toMatchObject({ minutes: 120, since: T0, checkAt: T0 + LIMIT + 50 * MINUTE });
    expect(idleOf(update(after, { idleStopMinutes: 0 }))).toBeUndefined();
    expect(idleOf(update(running(), { idleStopMinutes: 15 }))).toMatchObject({ since: T0 + 5 * MINUTE });
    expect(update(ready(), { maxRunHours: 2 })).toMatchObject({ lifeEndsAt: T0 + 2 * HOUR });
    const limited = update(ready(), { maxRunHours: 2 });
    expect((update(limited, { maxRunHours: 0 }) as Running).lifeEndsAt).toBeUndefined();
  });

  it('that are shorter than the workbench has been idle warn before the stop', () => {
    const now = T0 + 40 * MINUTE;
    const after = update(ready(), { idleStopMinutes: 15 }, now);
    expect(idleOf(after)?.checkAt).toBe(now);
    expect(idleOf(check(after, {}, now))).toMatchObject({ idleStopAt: now + IDLE_WARNING_MS });
  });

  it('apply to others from their next start', () => {
    expect(update(stopped(), { idleStopMinutes: 15, maxRunHours: 2 })).toMatchObject({
      spec: { idleStopMinutes: 15, maxRunHours: 2 },
    });
    expect(update(stopped(), { stopAt: T0 + HOUR })).toMatchObject({ plannedStopAt: T0 + HOUR });
  });
});

describe('a planned stop', () => {
  it('comes at the time that the user has set, and is no plan any more then', () => {
    const workbench = running({ plannedStopAt: T0 + HOUR, run: acceptedRun() });
    expect(dueAt({ ...workbench, warnedStopAt: T0 + HOUR })).toBe(T0 + HOUR);
    expect(plannedStopOf(workbench)).toEqual({ at: T0 + HOUR, code: 'stop_at' });
    expect(apply(workbench, { type: 'tick' }, T0 + HOUR - 1).status).toBe('running');
    const after = apply(workbench, { type: 'tick' }, T0 + HOUR);
    expect(after).toMatchObject({ status: 'stopping', desired: 'stopped', reason: { code: 'stop_at' } });
    expect(after.plannedStopAt).toBeUndefined();
  });

  it('is forgotten by a start after its time, and kept by one before', () => {
    const workbench = stopped({ plannedStopAt: T0 });
    const start = { type: 'start', runId: RUN_ID, by: 'ada' } as const;
    expect(apply(workbench, start, T0).plannedStopAt).toBeUndefined();
    expect(apply(workbench, start, T0 - 1).plannedStopAt).toBe(T0);
  });

  it('is taken back by its user', () => {
    const changes = { stopAt: null };
    const after = apply(ready({ plannedStopAt: T0 }), { type: 'update', changes, by: 'ada' }, T0 - 1);
    expect(after).not.toHaveProperty('plannedStopAt');
  });

  it('is the earliest of all, and of a running workbench only', () => {
    const spot = acceptedRun({ interruption: { kind: 'spot', stopAt: T0 + 3 } });
    const drained = acceptedRun({ interruption: { kind: 'drain', until: T0 + 3 } });
    const all = { lifeEndsAt: T0 + 4, plannedStopAt: T0 + 5 };
    expect(plannedStopOf(ready({ ...all, run: spot }))).toEqual({ at: T0 + 3, code: 'spot_interrupted' });
    expect(plannedStopOf(ready({ ...all, run: drained }))).toEqual({ at: T0 + 3, code: 'machine_drained' });
    expect(plannedStopOf(ready(all))).toEqual({ at: T0 + 4, code: 'max_life' });
    expect(plannedStopOf(stopped({ plannedStopAt: T0 }))).toBeUndefined();
  });

  it.each([
    ['at the time that its user has set', { plannedStopAt: T0 + HOUR, lifeEndsAt: T0 + 2 * HOUR }, 'stop_at'],
    ['after the longest life', { plannedStopAt: T0 + 2 * HOUR, lifeEndsAt: T0 + HOUR }, 'max_life'],
  ] as const)('%s warns its owner ten minutes before, once', (_title, times, code) => {
    const workbench = running({ ...times, run: acceptedRun() });
    const warningAt = T0 + 50 * MINUTE;
    expect(dueAt(workbench)).toBe(warningAt);
    expect(apply(workbench, { type: 'tick' }, warningAt - 1)).toBe(workbench);
    const warned = apply(workbench, { type: 'tick' }, warningAt);
    expect(warned).toMatchObject({ status: 'running', warnedStopAt: T0 + HOUR });
    expect(warned.outbox.at(-1)).toEqual({ seq: 2, at: warningAt, type: 'stop_warned', code });
    const published = { ...warned, outbox: [] } as Workbench;
    expect(dueAt(published)).toBe(T0 + HOUR);
    expect(apply(published, { type: 'tick' }, warningAt + 1)).toBe(published);
    expect(apply(published, RUNS, warningAt + 1)).toMatchObject({ warnedStopAt: T0 + HOUR });
  });

  it('that is moved warns again', () => {
    const workbench = running({ plannedStopAt: T0 + HOUR, warnedStopAt: T0 + HOUR });
    const changes = { stopAt: T0 + 2 * HOUR };
    const after = apply(workbench, { type: 'update', changes, by: 'ada' }, T0 + 55 * MINUTE);
    const published = { ...after, outbox: [] } as Workbench;
    expect(dueAt(published)).toBe(T0 + 110 * MINUTE);
    const warned = apply(published, { type: 'tick' }, T0 + 110 * MINUTE);
    expect(warned.outbox.at(-1)).toMatchObject({ type: 'stop_warned', code: 'stop_at' });
  });

  it('warns in a write of its own, if the schedule warns at the same time', () => {
    const nextStopAt = T0 + HOUR;
    const schedule = { start: '0 8 * * *', stop: '0 18 * * *', zone: 'UTC', nextStopAt };
    const workbench = running({ plannedStopAt: T0 + HOUR, schedule });
    const first = apply(workbench, { type: 'tick' }, T0 + 50 * MINUTE);
    const second = apply(first, { type: 'tick' }, T0 + 50 * MINUTE);
    expect(second.outbox.map(({ type }) => type).slice(-2)).toEqual(['schedule_warned', 'stop_warned']);
  });

  it('does not warn when its time has come', () => {
    const workbench = running({ plannedStopAt: T0 + HOUR });
    const after = apply(workbench, { type: 'tick' }, T0 + HOUR);
    expect(after.status).toBe('stopping');
    expect(after.outbox.map(({ type }) => type)).not.toContain('stop_warned');
  });

  it('after the longest life has its reason', () => {
    const workbench = running({ lifeEndsAt: T0 + HOUR });
    const after = apply(workbench, { type: 'tick' }, T0 + HOUR);
    expect(after).toMatchObject({ status: 'stopping', reason: { code: 'max_life' } });
  });
});
