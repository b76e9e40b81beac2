import { nextTime } from '../cron.ts';
import { SCHEDULE_WARNING_MS } from '../planned-stop.ts';
import type { StatusReason } from '../reasons.ts';
import type { Schedule, ScheduleRequest } from '../schedule-schema.ts';
import { isDeleted, type Running, runOf, type Stopped, type Stopping, type Workbench } from '../workbench.ts';
import type { Context } from './context.ts';
import { isFromFuture } from './gap.ts';

/** Starts and stops by the schedule of a workbench. See docs/lifecycle.md#schedules. */

/** A start or stop that comes later than this is left out, milliseconds: the controller did not work at its time. */
export const SCHEDULE_DELAY_MAX_MS = 60 * 60_000;

const STOPPED_BY_SCHEDULE: StatusReason = {
  code: 'schedule',
  message:
    'The workbench was stopped by its schedule. Its files are kept. Start it again, or extend it before the next stop.',
};

/** The part of a record that has its schedule, and when it was started and written last. */
interface Scheduled {
  readonly schedule?: Schedule | undefined;
  readonly startedAt?: number | undefined;
  readonly updatedAt: number;
}

/** The schedule of a workbench that starts: its next stop. */
export function toNextStop<W extends Scheduled>(workbench: W, now: number): W {
  const { schedule } = workbench;
  return schedule === undefined
    ? workbench
    : { ...workbench, schedule: planNext(schedule, 'stop', passed(workbench, now)) };
}

/** The schedule of a workbench that stops: its next start. */
export function toNextStart<W extends Scheduled>(workbench: W, now: number): W {
  const { schedule } = workbench;
  return schedule === undefined
    ? workbench
    : { ...workbench, schedule: planNext(schedule, 'start', passed(workbench, now)) };
}

/** Sets another schedule, or none. It applies at once. @param schedule null: none; undefined: as before */
export function changeSchedule(
  workbench: Workbench,
  schedule: ScheduleRequest | null | undefined,
  { now }: Context,
): Workbench {
  if (schedule === undefined) return workbench;
  const { schedule: before, ...rest } = workbench;
  if (schedule === null) return rest as Workbench;
  if (before !== undefined && isSame(before, schedule)) return workbench;
  return withNextTime({ ...rest, schedule } as Workbench, now);
}

function isSame(schedule: Schedule, { start, stop, zone }: ScheduleRequest): boolean {
  return schedule.start === start && schedule.stop === stop && schedule.zone === zone;
}

/** A start or stop that a user requests wins over one of the schedule whose time has passed: that one is left out. */
export function skipElapsed(workbench: Workbench, { now }: Context): Workbench {
  const { nextStartAt = Infinity, nextStopAt = Infinity } = workbench.schedule ?? {};
  const at = isStoppedOrStopping(workbench) ? nextStartAt : nextStopAt;
  return at <= now ? withNextTime(workbench, now) : workbench;
}

/** The schedule does not stop the workbench within the next `minutes`. */
export function postponeStop(workbench: Workbench, minutes: number, { now }: Context): Workbench {
  const { schedule } = workbench;
  if (workbench.status !== 'running' || schedule?.nextStopAt === undefined) return workbench;
  const until = now + minutes * 60_000;
  if (schedule.nextStopAt >= until) return workbench;
  const { state: _warned, ...rest } = schedule;
  return { ...workbench, schedule: { ...rest, nextStopAt: until } };
}

/**
 * Starts, warns or stops when the time has come.
 * @param start requests that the workbench starts, as its user would
 * @param stop begins its stop for the reason
 */
export function followSchedule(
  workbench: Workbench,
  start: (workbench: Stopped | Stopping, runId: string) => Workbench,
  stop: (workbench: Running, reason: StatusReason) => Workbench,
  { now }: Context,
): Workbench {
  if (workbench.schedule === undefined || isDeleted(workbench)) return workbench;
  const { nextStartAt = Infinity, nextStopAt = Infinity, state } = workbench.schedule;
  if (isStoppedOrStopping(workbench)) {
    if (now < nextStartAt) return workbench;
    if (now - nextStartAt > SCHEDULE_DELAY_MAX_MS) return withState(withNextTime(workbench, now), 'missed');
    return start(withNextTime(workbench, now), runIdOf(workbench));
  }
  if (workbench.status !== 'running' || now < nextStopAt - SCHEDULE_WARNING_MS) return workbench;
  if (now - nextStopAt > SCHEDULE_DELAY_MAX_MS) return withState(withNextTime(workbench, now), 'missed');
  if (state !== 'warned') {
    // It was still starting at this time.
    if (nextStopAt <= (workbench.readyAt ?? 0)) return withNextTime(workbench, now);
    const later = Math.max(nextStopAt, now + SCHEDULE_WARNING_MS);
    return withState({ ...workbench, schedule: { ...workbench.schedule, nextStopAt: later } }, 'warned');
  }
  return now < nextStopAt ? workbench : stop(workbench, STOPPED_BY_SCHEDULE);
}

/** A quota refuses the start whose time has come. The next one is tried at its time. */
export function noteRefusedStart(workbench: Workbench, { now }: Context): Workbench {
  const { nextStartAt = Infinity } = workbench.schedule ?? {};
  if (!isStoppedOrStopping(workbench) || now < nextStartAt) return workbench;
  return withState(withNextTime(workbench, now), 'refused');
}

/** What the schedule has done, for the history; undefined if nothing. Only for inputs that are no requests. */
export function findScheduleEvent(
  before: Workbench,
  after: Workbench,
): 'started' | 'warned' | 'missed' | 'refused' | undefined {
  if (isStartedBySchedule(before, after)) return 'started';
  const { nextStartAt, nextStopAt, state } = after.schedule ?? {};
  if (state === undefined || state === 'unknown' || after.status !== before.status) return undefined;
  const isNew =
    state !== before.schedule?.state ||
    (state !== 'warned' &&
      (nextStartAt !== before.schedule.nextStartAt || nextStopAt !== before.schedule.nextStopAt));
  return isNew ? state : undefined;
}

/**
 * Whether the schedule has started the workbench, or has requested the start that follows its stop. The next run may also be one
 * after an interruption.
 */
function isStartedBySchedule(before: Workbench, after: Workbench): boolean {
  if (before.schedule?.nextStartAt === undefined) return false;
  const nextRun = after.status === 'stopping' ? after.nextRun : runOf(after);
  return nextRun?.runId === runIdOf(before);
}

/** The next times of a schedule, as the status of the workbench requires. */
export function withNextTime<W extends Workbench>(workbench: W, now: number): W {
  return isStoppedOrStopping(workbench) ? toNextStart(workbench, now) : toNextStop(workbench, now);
}

function isStoppedOrStopping(workbench: Workbench): workbench is Stopped | Stopping {
  return workbench.status === 'stopped' || workbench.status === 'stopping';
}

/**
 * Times until then have passed. The function that started the workbench may have a clock that is ahead of this one by seconds: without
 * it a stop just after a start by the schedule would plan the same start again.
 */
function passed({ startedAt = 0, updatedAt }: Scheduled, now: number): number {
  const known = [startedAt, updatedAt].filter((at) => !isFromFuture({ updatedAt: at }, now));
  return Math.max(now, ...known);
}

/** What a newer version has stored stays. */
function planNext(schedule: Schedule, next: 'start' | 'stop', now: number): Schedule {
  const { nextStartAt: _start, nextStopAt: _stop, state: _state, ...kept } = schedule;
  const cron = kept[next];
  const at = cron === undefined ? undefined : nextTime(cron, kept.zone, now);
  if (at === undefined) return kept;
  return next === 'start' ? { ...kept, nextStartAt: at } : { ...kept, nextStopAt: at };
}

function withState<W extends Workbench>(workbench: W, state: NonNullable<Schedule['state']>): W {
  return { ...workbench, schedule: { ...(workbench.schedule as Schedule), state } };
}

/** 16 characters, as of every run id. The revision distinguishes the runs of a workbench, since the life cycle uses no randomness. */
function runIdOf({ workbenchId, revision }: Workbench): string {
  return `${workbenchId.slice(-8)}${revision.toString(16).padStart(8, '0')}`;
}
