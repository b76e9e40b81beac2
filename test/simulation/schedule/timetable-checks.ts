import { SCHEDULE_WARNING_MS } from '#core/workbench/planned-stop.ts';
import { runOf, type Workbench } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import type { ClientHistory } from './client-history.ts';
import { RuleViolation } from './rule-violation.ts';
import { type TimesOfDay, timesBetween, toCron } from './timetable.ts';

const MINUTE = 60_000;

/** The maximum difference between the clocks of two functions, milliseconds. */
const CLOCK_SKEW_MAX_MS = 4000;
/** From the time that a function reads from its clock to the effect of its write, milliseconds. */
const WRITE_MAX_MS = 15_000;
/** A start or stop that is later than this is left out, milliseconds. */
const DELAY_MAX_MS = 60 * MINUTE;
/** A function that was frozen in between may write a start so much later, milliseconds. */
const FREEZE_MAX_MS = 15 * MINUTE;
/** The shortest time from a warning to its stop, milliseconds. */
const WARNING_MIN_MS = SCHEDULE_WARNING_MS - 10_000 - CLOCK_SKEW_MAX_MS;

/** A request to set or remove a timetable. */
export interface TimetableRequest {
  readonly isRemoval: boolean;
  readonly sentAt: number;
  /** When the response arrived, or when the request can no longer take effect. Undefined: it may still take effect. */
  endedAt: number | undefined;
  isAcknowledged: boolean;
}

/** The timetable in a record. */
interface TimetableInForce {
  readonly start?: TimesOfDay | undefined;
  readonly stop?: TimesOfDay | undefined;
  readonly zone: string;
  /** Since when the record has it. */
  readonly since: number;
}

interface Extension {
  /** The earliest end. */
  readonly until: number;
  confirmedAt: number | undefined;
  /** Whether another run or another timetable follows. */
  isOver: boolean;
}

/** What a timetable has done. */
export interface TimetableAct {
  readonly type: 'started' | 'stopped' | 'refused';
  readonly at: number;
}

/** What is known of a workbench. Actual times, milliseconds. */
interface Known {
  readonly requests: TimetableRequest[];
  readonly acts: TimetableAct[];
  readonly extensions: Extension[];
  inForce?: TimetableInForce | undefined;
  runId?: string | undefined;
  readyAt?: number | undefined;
  warnedAt?: number | undefined;
  /** The time of the last start that the timetable made, or that a quota refused. */
  usedStart?: number | undefined;
}

/**
 * The rules about starts and stops by the schedules of workbenches: each comes at a time that the wall clock shows, once, with its
 * warning, never after the schedule was removed, and not against what users have requested since.
 */
export class TimetableChecks {
  readonly #world: World;
  readonly #clients: ClientHistory;
  readonly #known = new Map<string, Known>();
  /** Cron expression → the times that it was made of. */
  readonly #times = new Map<string, TimesOfDay>();
  /** Called when the owner of a workbench is warned of a stop. */
  onWarned: (workbenchId: string) => void = () => {};

  constructor(world: World, clients: ClientHistory) {
    this.#world = world;
    this.#clients = clients;
  }

  actsOf(workbenchId: string): readonly TimetableAct[] {
    return this.#knownOf(workbenchId).acts;
  }

  /** Returns the cron expression of these times. */
  toKnownCron(times: TimesOfDay): string {
    const cron = toCron(times);
    this.#times.set(cron, times);
    return cron;
  }

  /** Called before a timetable is set or removed. */
  noteRequest(workbenchId: string, isRemoval: boolean, now: number): TimetableRequest {
    const request = { isRemoval, sentAt: now, endedAt: undefined, isAcknowledged: false };
    this.#knownOf(workbenchId).requests.push(request);
    return request;
  }

  /** Called before an extension is requested, until a time. Returns what notes its confirmation. */
  noteExtension(workbenchId: string, until: number): (now: number) => void {
    const extension: Extension = { until, confirmedAt: undefined, isOver: false };
    this.#knownOf(workbenchId).extensions.push(extension);
    return (now) => {
      extension.confirmedAt = now;
    };
  }

  /** Called when a record is created or updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined, now: number): void {
    const { workbenchId, schedule, historySeq } = workbench;
    if (schedule === undefined && !this.#known.has(workbenchId)) return;
    const known = this.#knownOf(workbenchId);
    const seqBefore = before?.historySeq ?? historySeq;
    const added = workbench.outbox.filter(({ seq }) => seq > seqBefore).map(({ type }) => type);
    if (added.includes('schedule_started')) {
      this.#checkStart(workbenchId, known, now);
      this.#noteAct(workbenchId, known, { type: 'started', at: now });
    }
    if (added.includes('schedule_refused')) {
      this.#checkStart(workbenchId, known, now);
      this.#checkRefused(workbench, now);
      this.#noteAct(workbenchId, known, { type: 'refused', at: now });
    }
    if (added.includes('schedule_missed')) this.#checkMissed(workbenchId, known, now);
    if (isStoppedBySchedule(workbench, before)) {
      this.#checkStop(workbenchId, known, now);
      this.#noteAct(workbenchId, known, { type: 'stopped', at: now });
    }
    this.#note(workbench, before, known, now);
    if (schedule?.state !== 'warned') known.warnedAt = undefined;
    else if (before?.schedule?.state !== 'warned') {
      known.warnedAt = now;
      if (!added.includes('schedule_warned'))
        throw new RuleViolation(`the history of workbench ${workbenchId} lacks the warning of its schedule`);
      this.onWarned(workbenchId);
    }
  }

  #note(workbench: Workbench, before: Workbench | undefined, known: Known, now: number): void {
    const { schedule } = workbench;
    const runId = runOf(workbench)?.runId;
    if (runId !== known.runId) {
      known.runId = runId;
      known.readyAt = undefined;
      for (const extension of known.extensions) extension.isOver = true;
    }
    if (workbench.status === 'running') known.readyAt ??= now;
    const { start, stop, zone } = schedule ?? {};
    const { start: startBefore, stop: stopBefore, zone: zoneBefore } = before?.schedule ?? {};
    if (start === startBefore && stop === stopBefore && zone === zoneBefore) return;
    known.usedStart = undefined;
    for (const extension of known.extensions) extension.isOver = true;
    known.inForce =
      zone === undefined
        ? undefined
        : { start: this.#timesOf(start), stop: this.#timesOf(stop), zone, since: now };
  }

  #timesOf(cron: string | undefined): TimesOfDay | undefined {
    if (cron === undefined) return undefined;
    const times = this.#times.get(cron);
    if (times === undefined)
      throw new RuleViolation(`a record has the schedule ${cron}, which no user has set`);
    return times;
  }

  #checkStart(workbenchId: string, known: Known, now: number): void {
    const started = `workbench ${workbenchId} is started by its schedule`;
    this.#checkNotRemoved(started, known);
    if (this.#world.functionClock.steps) return;
    const { inForce } = known;
    const at = lastTime(inForce?.start, inForce, inForce?.since ?? now, now);
    if (at === undefined)
      throw new RuleViolation(`${started}, which has no such time: ${describe(inForce, now)}`);
    if (known.usedStart === at)
      throw new RuleViolation(`${started} twice for one time: ${describe(inForce, now)}`);
    if (this.#clients.isConfirmedSince(workbenchId, at + CLOCK_SKEW_MAX_MS))
      throw new RuleViolation(`${started} although its user has requested something after this time`);
    known.usedStart = at;
  }

  #checkStop(workbenchId: string, known: Known, now: number): void {
    const stopped = `workbench ${workbenchId} is stopped by its schedule`;
    this.#checkNotRemoved(stopped, known);
    if (this.#world.functionClock.steps) return;
    const { inForce, readyAt = now, warnedAt, extensions } = known;
    if (warnedAt === undefined) throw new RuleViolation(`${stopped} without a warning`);
    if (now - warnedAt < WARNING_MIN_MS)
      throw new RuleViolation(`${stopped} ${seconds(now - warnedAt)} after the warning`);
    for (const { until, confirmedAt, isOver } of extensions)
      if (confirmedAt !== undefined && !isOver && now < until - CLOCK_SKEW_MAX_MS)
        throw new RuleViolation(`${stopped} ${seconds(until - now)} before the end of an extension`);
    const time = lastTime(inForce?.stop, inForce, Math.max(inForce?.since ?? now, readyAt), now);
    const ends = extensions.map(({ until }) => until).filter((until) => until <= now + CLOCK_SKEW_MAX_MS);
    const times = time === undefined ? ends : [time, ...ends];
    if (times.length === 0)
      throw new RuleViolation(`${stopped}, which has no such time: ${describe(inForce, now)}`);
    const announced = Math.max(...times, warnedAt + SCHEDULE_WARNING_MS);
    if (now - announced > DELAY_MAX_MS + FREEZE_MAX_MS)
      throw new RuleViolation(`${stopped} ${seconds(now - announced)} late`);
    if (this.#clients.isConfirmedSince(workbenchId, announced + CLOCK_SKEW_MAX_MS))
      throw new RuleViolation(`${stopped} although its user has requested something after this time`);
  }

  /** A start that a quota has refused is tried again at the next time. */
  #checkRefused({ workbenchId, schedule }: Workbench, now: number): void {
    const { nextStartAt = Infinity } = schedule ?? {};
    if (this.#world.functionClock.steps || nextStartAt > now - CLOCK_SKEW_MAX_MS) return;
    throw new RuleViolation(
      `workbench ${workbenchId} says that its next start is ${seconds(now - nextStartAt)} ago, after one that a quota refused`,
    );
  }

  /** Only a controller that did not work for an hour leaves a time out. */
  #checkMissed(workbenchId: string, { inForce }: Known, now: number): void {
    if (this.#world.functionClock.steps) return;
    if (inForce !== undefined && now - inForce.since >= DELAY_MAX_MS - CLOCK_SKEW_MAX_MS) return;
    throw new RuleViolation(
      `workbench ${workbenchId} has missed a time of its schedule: ${describe(inForce, now)}`,
    );
  }

  /** A removal that was confirmed, and that no later request can have taken back. */
  #checkNotRemoved(act: string, { requests }: Known): void {
    const isRemoved = requests.some(
      (removal) =>
        removal.isRemoval &&
        removal.isAcknowledged &&
        requests.every(
          ({ isRemoval, endedAt }) => isRemoval || (endedAt !== undefined && endedAt <= removal.sentAt),
        ),
    );
    if (isRemoved) throw new RuleViolation(`${act} although the schedule was removed`);
  }

  /** What a schedule does replaces what was requested before. */
  #noteAct(workbenchId: string, known: Known, act: TimetableAct): void {
    known.acts.push(act);
    if (act.type === 'started') this.#clients.recordDone(workbenchId, 'running', act.at);
    else if (act.type === 'stopped') this.#clients.recordDone(workbenchId, 'stopped', act.at);
  }

  #knownOf(workbenchId: string): Known {
    const known = this.#known.get(workbenchId) ?? { requests: [], acts: [], extensions: [] };
    this.#known.set(workbenchId, known);
    return known;
  }
}

/** The last of the times that a start or stop which is written now may have; those before `since` are none of it. */
function lastTime(
  times: TimesOfDay | undefined,
  inForce: TimetableInForce | undefined,
  since: number,
  now: number,
): number | undefined {
  if (times === undefined || inForce === undefined) return undefined;
  const from = Math.max(since - WRITE_MAX_MS, now - DELAY_MAX_MS - FREEZE_MAX_MS);
  return timesBetween(times, inForce.zone, from, now + CLOCK_SKEW_MAX_MS).at(-1);
}

function isStoppedBySchedule(workbench: Workbench, before: Workbench | undefined): boolean {
  return (
    before?.status === 'running' &&
    (workbench.status === 'stopping' || workbench.status === 'stopped') &&
    workbench.reason?.code === 'schedule'
  );
}

function describe(inForce: TimetableInForce | undefined, now: number): string {
  const time = new Date(now).toISOString();
  if (inForce === undefined) return `none at ${time}`;
  const { start, stop, zone } = inForce;
  const cron = (name: string, times: TimesOfDay | undefined) =>
    times === undefined ? '' : `${name} ${toCron(times)}, `;
  return `${cron('start', start)}${cron('stop', stop)}${zone}, at ${time}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
