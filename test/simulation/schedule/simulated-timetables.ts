import type { Workbench } from '#core/workbench/workbench.ts';
import { isDeleted } from '#core/workbench/workbench.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { World } from '../world/world.ts';
import { FAULT_PHASE_MS } from './commands.ts';
import type { Controller } from './controller.ts';
import type { OwnerChecks } from './owner-checks.ts';
import { RuleViolation } from './rule-violation.ts';
import type { SimulatedUsers } from './simulated-users.ts';
import { drawZone, type TimesOfDay, timesBetween, timesOfDayAt, type WorldTime } from './timetable.ts';
import type { TimetableChecks } from './timetable-checks.ts';

const MINUTE = 60_000;

/** The maximum number of times that a client sends a request that gets a server error. */
const SENDS_MAX = 4;
/** A request without a response can take effect within this time, milliseconds. */
const UNANSWERED_CALL_MAX_MS = 2 * MINUTE;

/** The most timetables that users set in the fault phase, and afterwards. The API takes 10 ms to check one. */
const SETS_MAX = 2;
/** Times of the fault phase come within this time, minutes. */
const WITHIN_MINUTES = 12;
/** The probability that a user stops a workbench that has a start. */
const STOP_PROBABILITY = 0.6;
/** The probability that a user acts at about the time of a start, and how long before or after at most, milliseconds. */
const RACE_PROBABILITY = 0.3;
const RACE_MAX_MS = 30_000;
/** The probability that a timetable of the fault phase is removed again. */
const REMOVE_PROBABILITY = 0.25;
/** The probability that a user extends after a warning, and the longest extension, minutes. */
const EXTEND_PROBABILITY = 0.4;
const EXTENSION_MAX_MINUTES = 25;

/** A start or stop follows its time within this, while nothing fails. Milliseconds. */
const DELAY_MAX_MS = 4 * MINUTE;
/** A stop follows the announcement, which follows the request. Milliseconds. */
const WARNING_MS = 10 * MINUTE;
/** Without faults, a start ends within this time. Milliseconds. */
const START_MAX_MS = 30 * MINUTE;

const FORMS = ['once', 'once', 'once', 'list', 'list', 'hourly', 'on_its_day', 'on_another_day'] as const;
const PARTS = ['both', 'both', 'start', 'stop'] as const;

/**
 * What happens to a workbench while nothing fails: it is stopped, or stopped and started, or its user stops it before its start, or after
 * it; or the timetable is removed before the start; or the time has passed already, and may come again when the clocks go back.
 */
const ENDS = ['stop', 'stop_and_start', 'start', 'overruled', 'removed', 'passed'] as const;

interface Timetable {
  readonly start?: TimesOfDay;
  readonly stop?: TimesOfDay;
  readonly zone: string;
}

export interface SimulatedTimetablesOptions {
  readonly kernel: Kernel;
  /** Its own numbers, so that the other choices of a schedule do not depend on timetables. */
  readonly tape: Tape;
  readonly time: WorldTime;
  readonly world: World;
  readonly controller: Controller;
  readonly users: SimulatedUsers;
  readonly owners: Pick<OwnerChecks, 'ownerOf'>;
  readonly checks: TimetableChecks;
  readonly recordOf: (workbenchId: string) => Workbench | undefined;
  /** Whether workbenches are deleted that are stopped for long. They are not observed, since they may be deleted before a start. */
  readonly hasRetention: boolean;
  readonly log: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

/** Users who set and remove the schedules of their workbenches, and act beside what these do. */
export class SimulatedTimetables {
  readonly #options: SimulatedTimetablesOptions;
  #isFaultPhase = true;

  constructor(options: SimulatedTimetablesOptions) {
    this.#options = options;
    options.checks.onWarned = (workbenchId) => this.#extendSometimes(workbenchId);
  }

  /** Schedules what happens in the fault phase. */
  schedule(): void {
    const { kernel, tape, time, users, onError } = this.#options;
    if (!time.hasTimetables) return;
    const count = tape.intBetween(1, SETS_MAX);
    for (let set = 0; set < count; set += 1) {
      kernel.after(tape.intBetween(MINUTE, FAULT_PHASE_MS - MINUTE), () => {
        const known = users.workbenches;
        const chosen = known[tape.intBelow(Math.max(1, known.length))];
        if (chosen !== undefined) this.#setAtRandom(chosen.workbenchId, chosen.user).catch(onError);
      });
    }
  }

  async #setAtRandom(workbenchId: string, user: string): Promise<void> {
    const { kernel, tape, users, onError } = this.#options;
    const now = kernel.now();
    const zone = drawZone(tape, this.#options.time);
    const parts = tape.pick(PARTS);
    const startIn = tape.intBetween(0, WITHIN_MINUTES);
    const start = timesOfDayAt(now, zone, startIn, tape.pick(FORMS));
    const stop = timesOfDayAt(now, zone, tape.intBetween(0, WITHIN_MINUTES), tape.pick(FORMS));
    const stops = tape.chance(STOP_PROBABILITY) ? tape.intBetween(0, startIn * MINUTE) : undefined;
    const races = tape.chance(RACE_PROBABILITY) ? tape.intBetween(0, 2 * RACE_MAX_MS) : undefined;
    const rival = tape.pick(['stop', 'stop', 'start', 'restart'] as const);
    const removedAfter = tape.chance(REMOVE_PROBABILITY) ? tape.intBetween(0, 10 * MINUTE) : undefined;
    const first = timesBetween(start, zone, now, now + FAULT_PHASE_MS)[0];
    if (parts !== 'stop' && stops !== undefined) this.#act(workbenchId, user, 'stop', stops);
    if (parts !== 'stop' && races !== undefined && first !== undefined)
      this.#act(workbenchId, user, rival, first - now - RACE_MAX_MS + races);
    if (removedAfter !== undefined)
      kernel.after(removedAfter, () => {
        this.#send(workbenchId, user, undefined).catch(onError);
      });
    await this.#send(workbenchId, user, {
      zone,
      ...(parts === 'stop' ? {} : { start }),
      ...(parts === 'start' ? {} : { stop }),
    });
    // The owner reads what was set.
    await users.read(user, workbenchId);
  }

  #act(workbenchId: string, user: string, operation: 'start' | 'stop' | 'restart', inMs: number): void {
    const { kernel, users, onError } = this.#options;
    kernel.after(inMs, () => {
      if (this.#isFaultPhase) users.change(user, workbenchId, operation).catch(onError);
    });
  }

  /** A user who is warned extends, sometimes. */
  #extendSometimes(workbenchId: string): void {
    const { kernel, tape, onError } = this.#options;
    if (!this.#isFaultPhase || !tape.chance(EXTEND_PROBABILITY)) return;
    const minutes = tape.intBetween(1, EXTENSION_MAX_MINUTES);
    kernel.after(tape.intBetween(0, WARNING_MS), () => {
      if (this.#isFaultPhase) this.#extend(workbenchId, minutes).catch(onError);
    });
  }

  async #extend(workbenchId: string, minutes: number): Promise<void> {
    const { kernel, controller, owners, checks, log } = this.#options;
    const user = owners.ownerOf(workbenchId);
    if (user === undefined) return;
    log(`${user} extends workbench ${workbenchId} by ${minutes} minutes`);
    const runs = this.#options.recordOf(workbenchId)?.status === 'running';
    const noteConfirmed = checks.noteExtension(workbenchId, kernel.now() + minutes * MINUTE);
    const { status } = await controller.request('extend', {
      query: `user_id=${user}`,
      wid: workbenchId,
      body: { minutes },
    });
    if (status === 200 && runs) noteConfirmed(kernel.now());
  }

  /** Ends the fault phase: removes all timetables. */
  async removeAll(): Promise<void> {
    this.#isFaultPhase = false;
    const { users, recordOf, owners } = this.#options;
    for (const { workbenchId, user } of users.workbenches) {
      const has = () => {
        const record = recordOf(workbenchId);
        return record?.schedule !== undefined && !isDeleted(record) && record.status !== 'deleting';
      };
      if (!has()) continue;
      const status = await this.#send(workbenchId, owners.ownerOf(workbenchId) ?? user, undefined);
      if (status !== 200 && has())
        throw new RuleViolation(
          `the removal of the schedule of workbench ${workbenchId} returned ${status} although no fault was injected`,
        );
    }
  }

  /**
   * Sets timetables of running workbenches without an idle limit.
   * @returns a check for the end of the time in which they are observed
   */
  async rest(): Promise<() => void> {
    const { tape, time, users, recordOf, hasRetention } = this.#options;
    const checks: (() => void)[] = [];
    if (!time.hasTimetables || hasRetention) return () => {};
    for (const { workbenchId } of users.workbenches) {
      const record = recordOf(workbenchId);
      if (record?.status !== 'running' || record.idle !== undefined || isDeleted(record)) continue;
      if (checks.length === SETS_MAX) break;
      checks.push(await this.#observe(workbenchId, record.userId, tape.pick(ENDS)));
    }
    return () => {
      for (const check of checks) check();
    };
  }

  async #observe(workbenchId: string, user: string, end: (typeof ENDS)[number]): Promise<() => void> {
    const { kernel, tape, users, log, onError } = this.#options;
    const begun = kernel.now();
    const zone = drawZone(tape, this.#options.time);
    const form = tape.pick(['once', 'list', 'on_its_day'] as const);
    const at = (minutes: number) =>
      timesOfDayAt(begun, zone, minutes, end === 'overruled' || end === 'removed' ? 'once' : form);
    log(`the schedule of workbench ${workbenchId} is observed: ${end}`);
    if (end === 'stop' || end === 'stop_and_start') {
      const stopIn = end === 'stop' ? tape.intBetween(0, 20) : 11;
      const stop = at(stopIn);
      const start = at(stopIn + tape.intBetween(1, 3));
      await this.#set(workbenchId, user, { zone, stop, ...(end === 'stop' ? {} : { start }) });
      return () => this.#checkStopped(workbenchId, { stop, zone }, begun);
    }
    const start = at(end === 'passed' ? -tape.intBetween(5, 50) : tape.intBetween(3, 10));
    await this.#set(workbenchId, user, { zone, start });
    await users.change(user, workbenchId, 'stop');
    const since = kernel.now();
    const first = timesBetween(start, zone, since, since + FAULT_PHASE_MS)[0];
    if (first === undefined || end === 'removed') {
      if (end === 'removed')
        kernel.after((first ?? since) - since - MINUTE, () => {
          this.#send(workbenchId, user, undefined).catch(onError);
        });
      return () => {
        const times = end === 'removed' ? [] : timesBetween(start, zone, since, kernel.now());
        if (times.length === 0) this.#checkNotStarted(workbenchId, since);
      };
    }
    if (end === 'overruled')
      kernel.after(first - since + tape.intBetween(2, 8) * MINUTE, () => {
        users.change(user, workbenchId, 'stop').catch(onError);
      });
    return () => this.#checkStarted(workbenchId, first, end === 'overruled' ? 'stopped' : 'running');
  }

  #checkStopped(workbenchId: string, { stop, zone }: Timetable, begun: number): void {
    const { kernel, checks, world } = this.#options;
    if (world.functionClock.steps || stop === undefined) return;
    const [first] = timesBetween(stop, zone, begun, kernel.now());
    const acts = checks.actsOf(workbenchId).filter(({ type, at }) => type === 'stopped' && at > begun);
    if (first === undefined) return;
    const latest = Math.max(first, begun + WARNING_MS) + DELAY_MAX_MS;
    if (latest > kernel.now() || acts.some(({ at }) => at <= latest)) return;
    throw new RuleViolation(
      `workbench ${workbenchId} was not stopped by its schedule at ${new Date(first).toISOString()}`,
    );
  }

  #checkStarted(workbenchId: string, first: number, status: Workbench['status']): void {
    const { kernel, checks, world, recordOf } = this.#options;
    if (world.functionClock.steps || first + DELAY_MAX_MS > kernel.now()) return;
    const acts = checks.actsOf(workbenchId);
    const time = new Date(first).toISOString();
    if (!acts.some(({ type, at }) => type === 'started' && Math.abs(at - first) <= DELAY_MAX_MS))
      throw new RuleViolation(`workbench ${workbenchId} was not started by its schedule at ${time}`);
    const is = recordOf(workbenchId)?.status;
    if (first + START_MAX_MS <= kernel.now() && is !== status)
      throw new RuleViolation(`workbench ${workbenchId} is ${is} after its scheduled start at ${time}`);
  }

  #checkNotStarted(workbenchId: string, since: number): void {
    const { checks, world, recordOf } = this.#options;
    if (world.functionClock.steps) return;
    const status = recordOf(workbenchId)?.status;
    const started = checks.actsOf(workbenchId).some(({ type, at }) => type === 'started' && at > since);
    if (started || status !== 'stopped')
      throw new RuleViolation(`workbench ${workbenchId} is ${status} although its user has stopped it`);
  }

  async #set(workbenchId: string, user: string, timetable: Timetable): Promise<void> {
    const status = await this.#send(workbenchId, user, timetable);
    if (status !== 200)
      throw new RuleViolation(
        `the schedule of workbench ${workbenchId} could not be set: ${status}, although no fault was injected`,
      );
  }

  /** Sets a timetable, or removes it. Returns the status of the last response. */
  async #send(workbenchId: string, user: string, timetable: Timetable | undefined): Promise<number> {
    const { kernel, controller, owners, checks, log } = this.#options;
    const { start, stop, zone = 'UTC' } = timetable ?? {};
    const schedule = timetable && {
      ...(start === undefined ? {} : { start: checks.toKnownCron(start) }),
      ...(stop === undefined ? {} : { stop: checks.toKnownCron(stop) }),
      time_zone: zone,
    };
    log(`${user} ${timetable === undefined ? 'removes' : 'sets'} the schedule of workbench ${workbenchId}`);
    let status = 503;
    for (let sends = 0; sends < SENDS_MAX && status >= 500; sends += 1) {
      if (sends > 0) await kernel.sleep(2000);
      const request = checks.noteRequest(workbenchId, timetable === undefined, kernel.now());
      ({ status } = await controller.request('rename', {
        query: `user_id=${owners.ownerOf(workbenchId) ?? user}`,
        wid: workbenchId,
        body: { schedule: schedule ?? null },
      }));
      if (status < 500) request.endedAt = kernel.now();
      else
        kernel.after(UNANSWERED_CALL_MAX_MS, () => {
          request.endedAt ??= kernel.now();
        });
      request.isAcknowledged = status < 300;
    }
    return status;
  }
}
