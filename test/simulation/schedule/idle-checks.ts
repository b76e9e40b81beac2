import { IDLE_MARGIN_MS, IDLE_WARNING_MS } from '#core/workbench/lifecycle/idle.ts';
import { type Running, runOf, type Workbench } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import { RuleViolation } from './rule-violation.ts';

const MINUTE = 60_000;

/** The maximum difference between the clocks of two functions, milliseconds. */
const CLOCK_SKEW_MAX_MS = 4000;
/**
 * From a read of the evidence to the write of the stop that it leads to, milliseconds: a function that was frozen for 20 s
 * reads again, and a call takes up to 10 s to have its effect, as does the response to the read.
 */
const READ_TO_STOP_MAX_MS = 45_000;
/** The write of a warning takes up to 10 s to have its effect, so the owner learns of it so much later. Milliseconds. */
const WARNING_MIN_MS = IDLE_WARNING_MS - 10_000 - CLOCK_SKEW_MAX_MS;
/** A report within a minute of the one that was written last prolongs the keepalive only by at least this, milliseconds. */
const KEEPALIVE_STEP_MS = MINUTE;
/** What comes on top of limit and margin while nothing fails, milliseconds: the sweeps that find the check and the stop. */
const STOP_DELAY_MAX_MS = 4 * MINUTE;

/** What is known to have been confirmed about a run. Actual times, milliseconds. */
interface Use {
  readonly runId: string;
  /** When its record was first written as running. */
  readonly readyAt: number;
  /** When it was used, and when this was confirmed. */
  readonly uses: { readonly at: number; readonly confirmedAt: number; readonly by: string }[];
  /** It is to be kept until this time, and when this was confirmed. */
  readonly holds: { readonly until: number; readonly confirmedAt: number; readonly by: string }[];
  /** When its owner was warned, unless the warning was taken back. */
  warnedAt?: number | undefined;
  /** When its evidence was last read successfully. */
  readAt?: number;
}

/**
 * The rules about idle stops. What users and programs know to be confirmed is compared with the stops that are written. A
 * wrong clock of the functions may end a limit early or late, so only some rules hold then.
 */
export class IdleChecks {
  readonly #world: World;
  readonly #uses = new Map<string, Use>();
  /** Workbench id → its last run that has ended. */
  readonly #ended = new Map<string, string>();
  /** Called when the owner of a workbench is warned, with the announced time. */
  onWarned: (workbenchId: string, stopAt: number) => void = () => {};

  constructor(world: World) {
    this.#world = world;
  }

  /** The run of a workbench as its record was last written, if it is ready. */
  runIdOf(workbenchId: string): string | undefined {
    return this.#uses.get(workbenchId)?.runId;
  }

  /** The last run of a workbench that was ready and has ended. */
  endedRunOf(workbenchId: string): string | undefined {
    return this.#ended.get(workbenchId);
  }

  /** Checks the response to a report with the token of a run that had ended, or never was the present one, when it was sent. */
  checkOldRun(workbenchId: string, runId: string, status: number): void {
    if (status < 300)
      throw new RuleViolation(
        `a report with the token of run ${runId}, which is not the present one, was accepted for workbench ${workbenchId}`,
      );
  }

  /** Called when it is confirmed that a workbench was used at `at`. */
  noteUse(workbenchId: string, runId: string | undefined, at: number, now: number, by: string): void {
    const use = this.#uses.get(workbenchId);
    if (use !== undefined && use.runId === runId) use.uses.push({ at, confirmedAt: now, by });
  }

  /** Called when it is confirmed that a workbench is kept. */
  noteHold(workbenchId: string, runId: string | undefined, until: number, now: number, by: string): void {
    const use = this.#uses.get(workbenchId);
    if (use !== undefined && use.runId === runId) use.holds.push({ until, confirmedAt: now, by });
  }

  /** Called when the evidence of a run was read. */
  noteRead(workbenchId: string, runId: string, now: number): void {
    const use = this.#uses.get(workbenchId);
    if (use !== undefined && use.runId === runId) use.readAt = now;
  }

  /** Called when a record is created or updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined, now: number): void {
    const use = this.#uses.get(workbench.workbenchId);
    if (before?.status === 'running' && workbench.status === 'stopping' && workbench.reason?.code === 'idle')
      this.#checkStop(workbench, before, use, now);
    const isOver = workbench.status !== 'running' || use?.runId !== workbench.run.runId;
    if (use !== undefined && isOver) this.#ended.set(workbench.workbenchId, use.runId);
    if (workbench.status !== 'running') {
      this.#uses.delete(workbench.workbenchId);
      return;
    }
    const { runId } = workbench.run;
    const current = use?.runId === runId ? use : { runId, readyAt: now, uses: [], holds: [] };
    this.#uses.set(workbench.workbenchId, current);
    this.#checkWarning(workbench, before, current, now);
  }

  #checkWarning(workbench: Workbench, before: Workbench | undefined, use: Use, now: number): void {
    const announcedAt = idleStopOf(workbench);
    if (announcedAt === undefined) {
      use.warnedAt = undefined;
      return;
    }
    const announcedBefore = idleStopOf(before);
    if (announcedAt === announcedBefore) return;
    // A stop that is put off needs no other warning.
    if (announcedBefore !== undefined && announcedAt - now < WARNING_MIN_MS) return;
    use.warnedAt = now;
    if (announcedAt - now < WARNING_MIN_MS && !this.#world.functionClock.steps)
      throw new RuleViolation(
        `the owner of workbench ${workbench.workbenchId} is warned ${seconds(announcedAt - now)} before its stop`,
      );
    const isNoted = workbench.outbox.some(
      ({ type, seq }) => type === 'idle_warned' && seq > (before?.historySeq ?? 0),
    );
    if (announcedBefore === undefined && !isNoted)
      throw new RuleViolation(`the history of workbench ${workbench.workbenchId} lacks its warning`);
    this.onWarned(workbench.workbenchId, announcedAt);
  }

  #checkStop({ workbenchId }: Workbench, before: Workbench, use: Use | undefined, now: number): void {
    const stopped = `workbench ${workbenchId} is stopped for idleness`;
    if (use === undefined || use.runId !== runOf(before)?.runId)
      throw new RuleViolation(`${stopped}, but it was not running`);
    if (use.readAt === undefined || now - use.readAt > READ_TO_STOP_MAX_MS)
      throw new RuleViolation(`${stopped} although its evidence was not read just before`);
    if (use.warnedAt === undefined) throw new RuleViolation(`${stopped} without a warning`);
    if (this.#world.functionClock.steps) return;
    if (now - use.warnedAt < WARNING_MIN_MS)
      throw new RuleViolation(`${stopped} ${seconds(now - use.warnedAt)} after the warning`);
    const limitMs = (before.status === 'running' ? (before.idle?.minutes ?? 0) : 0) * MINUTE;
    if (now - use.readyAt < limitMs)
      throw new RuleViolation(`${stopped} ${seconds(now - use.readyAt)} after it was ready`);
    for (const { at, confirmedAt, by } of use.uses)
      if (confirmedAt <= now - delayOf(by) && now - at < limitMs)
        throw new RuleViolation(`${stopped} ${seconds(now - at)} after a confirmed use (${by})`);
    for (const { until, confirmedAt, by } of use.holds) {
      const isKnown = confirmedAt <= now - delayOf(by);
      const tolerance = CLOCK_SKEW_MAX_MS + (by === 'extend' ? 0 : KEEPALIVE_STEP_MS);
      if (isKnown && now < until - tolerance)
        throw new RuleViolation(`${stopped} ${seconds(until - now)} before the end of a ${by}`);
    }
  }

  /**
   * Checks that a workbench is stopped soon after its limit, while nothing fails.
   * @param usedAt when it was used last
   */
  checkStopped(record: Workbench, usedAt: number, now: number): void {
    if (record.status !== 'running' || record.idle === undefined) return;
    if (this.#isKeptByWrongClock(record, now)) return;
    const { minutes } = record.idle;
    if (now - usedAt < minutes * MINUTE + IDLE_MARGIN_MS + STOP_DELAY_MAX_MS) return;
    throw new RuleViolation(
      `workbench ${record.workbenchId} still runs ${seconds(now - usedAt)} after its last use, because of ${record.idle.because}`,
    );
  }

  /** Checks that the owner learns of evidence that could not be read for long, and that nothing was stopped then. */
  checkUnknown(record: Workbench, now: number): void {
    if (record.status === 'running' && (record.idle?.unknown || this.#isKeptByWrongClock(record, now)))
      return;
    throw new RuleViolation(
      `workbench ${record.workbenchId} is ${record.status} and does not say that its evidence could not be read`,
    );
  }

  /**
   * An extension that was requested while the clock was ahead lasts as much longer. No evidence is read until then, and the stop
   * comes as late after it as after any limit.
   */
  #isKeptByWrongClock({ idle }: Running, now: number): boolean {
    return this.#world.functionClock.steps && (idle?.keepUntil ?? 0) > now - STOP_DELAY_MAX_MS;
  }
}

function idleStopOf(workbench: Workbench | undefined): number | undefined {
  return workbench?.status === 'running' ? workbench.idle?.idleStopAt : undefined;
}

/**
 * How long what was confirmed may have no effect on a stop, milliseconds. A request changes the record, so that a stop is
 * decided anew. Evidence is beside it.
 */
function delayOf(by: string): number {
  return by === 'extend' || by === 'start' ? 0 : READ_TO_STOP_MAX_MS;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
