import type { ActivityStore } from '#core/ports/activity-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { EXTENSION_MINUTES_MAX, IDLE_STOP_MINUTES } from '#core/workbench/idle-schema.ts';
import type { Running, Workbench } from '#core/workbench/workbench.ts';
import { toRunContext } from '#functions/authorizer/run-context.ts';
import { ActivityTracker } from '#gate/watch/activity-tracker.ts';
import { anOpenRequest } from '../../gate/watch/an-open-request.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import { FAULT_PHASE_MS } from './commands.ts';
import type { Controller } from './controller.ts';
import type { IdleChecks } from './idle-checks.ts';

const MINUTE = 60_000;

/** How far the clocks of gates and programs are ahead of the actual time or behind it at most, milliseconds. */
const CLOCK_SKEW_MAX_MS = 25_000;
/** The probability that a write of a gate fails in the fault phase, and that it has its effect nevertheless. */
const LOST_PROBABILITY = 0.25;
/**
 * The probability that a user extends while the evidence is read, which then fails: the record is checked again long before the end of the
 * extension. How long such an extension is, minutes, and how long the read takes, milliseconds.
 */
const EXTENDED_AT_READ_PROBABILITY = 0.2;
const EXTENDED_MIN_MINUTES = 20;
const FAILED_READ_MS = 5000;
/** The longest extension and keepalive, minutes. */
const HOLD_MAX_MINUTES = 40;
/** A write of a gate takes up to this, milliseconds. */
const WRITE_MAX_MS = 10_000;
/** The most acts of the fault phase. */
const ACTS_MAX = 4;
/** The probability that a user acts about when a workbench is to be stopped, and how long before or after at most. */
const LATE_PROBABILITY = 0.5;
const LATE_MAX_MS = 40_000;
/** How often a workbench is used that must not stop, milliseconds. */
const USE_INTERVAL_MS = 5 * MINUTE;
/** How often an open tab sends its requests, milliseconds. It opens its WebSocket again in every fourth of them. */
const POLL_INTERVAL_MS = 45_000;
const POLLS_PER_WEBSOCKET = 4;
/** Requests that are repeated count as those of a person for the first minutes, milliseconds. */
const POLLER_KNOWN_AFTER_MS = 5 * MINUTE;
/** When the evidence of a workbench that is not used becomes unreadable, and for how long. Milliseconds. */
const UNREADABLE_AFTER_MS = 4 * MINUTE;
const UNREADABLE_MS = 22 * MINUTE;
/** How long a workbench is observed that is not used, milliseconds. */
const OBSERVED_MS = 35 * MINUTE;
const OBSERVED_WITH_UNREADABLE_MS = 47 * MINUTE;

const ACTS = ['visit', 'ide', 'busy', 'keepalive', 'extend', 'start', 'old_run'] as const;
type Act = (typeof ACTS)[number];

/**
 * How a workbench is used while nothing fails: it is used, or not at all, or a tab is open, or its evidence cannot be read, or
 * a user acts just before the stop, or a program has the token of an earlier run.
 */
const ENDS = ['used', 'unused', 'open_tab', 'unreadable', 'late', 'old_run'] as const;
/** How often a program with such a token reports, milliseconds. */
const OLD_RUN_INTERVAL_MS = 6 * MINUTE;
/** A run that no workbench ever has. */
const NO_RUN = 'run-of-no-one-00';
/** The share of reports that a program sends with the token of its run, instead of a user. */
const RUN_TOKEN_PROBABILITY = 0.5;

/** The share of the workbenches with an idle limit: the first one that users create, and every third after it. */
export function idleLimitOf(idempotencyKey: string): { readonly idle_stop_minutes?: number } {
  return Number(idempotencyKey.at(-1)) % 3 === 1 ? { idle_stop_minutes: IDLE_STOP_MINUTES.min } : {};
}

export interface SimulatedUseOptions {
  readonly kernel: Kernel;
  /** Its own numbers, so that the other choices of a schedule do not depend on use. */
  readonly tape: Tape;
  readonly controller: Controller;
  readonly checks: IdleChecks;
  readonly recordOf: (workbenchId: string) => Workbench | undefined;
  readonly workbenches: () => readonly { readonly workbenchId: string }[];
  readonly log: (line: string) => void;
  readonly record: (check: () => void) => void;
  readonly onError: (error: unknown) => void;
}

/** People and programs that use workbenches with an idle limit, through gates whose writes are late or lost. */
export class SimulatedUse {
  readonly #options: SimulatedUseOptions;
  readonly #gates: readonly SimulatedTracker[];
  readonly #end: (typeof ENDS)[number];
  #faults = true;
  #isUsed = false;
  #isUnreadable = false;

  constructor(options: SimulatedUseOptions) {
    const { tape, controller, checks, kernel } = options;
    this.#options = options;
    this.#end = tape.pick(ENDS);
    const { activity } = controller.stores;
    const read = activity.readEvidence.bind(activity);
    activity.readEvidence = async (workbenchId, runId) => {
      if (this.#isUnreadable || (await this.#extendAtRead(workbenchId)))
        throw new PortError('unavailable', 'readEvidence: no response');
      const evidence = await read(workbenchId, runId);
      checks.noteRead(workbenchId, runId, kernel.now());
      return evidence;
    };
    this.#gates = [0, 1].map(() => {
      const skewMs = tape.intBetween(0, 2 * CLOCK_SKEW_MAX_MS) - CLOCK_SKEW_MAX_MS;
      return new SimulatedTracker(kernel, skewMs, (workbenchId, at) =>
        this.#write(activity, workbenchId, at, skewMs),
      );
    });
    checks.onWarned = (workbenchId, stopAt) => this.#actLate(workbenchId, stopAt);
  }

  /** Schedules what happens in the fault phase. */
  schedule(): void {
    const { kernel, tape } = this.#options;
    const count = tape.intBetween(0, ACTS_MAX);
    for (let act = 0; act < count; act += 1) {
      const at = tape.intBetween(0, FAULT_PHASE_MS);
      kernel.after(at, () => {
        const { workbenches } = this.#options;
        const known = workbenches();
        const workbenchId = known[tape.intBelow(Math.max(1, known.length))]?.workbenchId;
        if (workbenchId !== undefined) this.#start(workbenchId, tape.pick(ACTS));
      });
    }
  }

  disableFaults(): void {
    this.#faults = false;
  }

  /** From now on every workbench is used, until `rest`. */
  use(): void {
    this.#isUsed = true;
    this.#useRegularly();
  }

  #useRegularly(): void {
    if (!this.#isUsed) return;
    for (const { workbenchId } of this.#options.workbenches()) this.#visit(workbenchId);
    this.#options.kernel.after(USE_INTERVAL_MS, () => this.#useRegularly());
  }

  /**
   * Lets the workbenches become idle in the way of this schedule.
   * @returns how long to wait, milliseconds, and a check for then
   */
  rest(): { readonly observedMs: number; readonly check: () => void } {
    const { kernel, checks, log } = this.#options;
    const usedAt = kernel.now();
    const idle = this.#limited();
    log(`workbenches with an idle limit are ${this.#end}`);
    if (this.#end === 'used') return { observedMs: OBSERVED_MS, check: () => this.#stopUse() };
    this.#stopUse();
    const until = usedAt + OBSERVED_MS;
    if (this.#end === 'open_tab') for (const id of idle) this.#poll(id, until);
    if (this.#end === 'old_run') for (const id of idle) this.#reportRepeatedly(id, until);
    const known = this.#end === 'open_tab' ? POLLER_KNOWN_AFTER_MS : 0;
    const check = () => {
      for (const id of idle) {
        const record = this.#options.recordOf(id);
        if (record !== undefined && this.#end !== 'late')
          checks.checkStopped(record, usedAt + known, kernel.now());
      }
    };
    if (this.#end !== 'unreadable') return { observedMs: OBSERVED_MS, check };
    kernel.after(UNREADABLE_AFTER_MS, () => {
      this.#isUnreadable = true;
    });
    kernel.after(UNREADABLE_AFTER_MS + UNREADABLE_MS, () => this.#endUnreadable(idle));
    const afterwards = () => {
      for (const id of idle) {
        const record = this.#options.recordOf(id);
        if (record?.status === 'running') checks.checkStopped(record, usedAt, kernel.now());
      }
    };
    return { observedMs: OBSERVED_WITH_UNREADABLE_MS, check: afterwards };
  }

  #endUnreadable(idle: readonly string[]): void {
    this.#isUnreadable = false;
    const { kernel, recordOf, checks, record } = this.#options;
    for (const id of idle) {
      const found = recordOf(id);
      if (found !== undefined) record(() => checks.checkUnknown(found, kernel.now()));
    }
  }

  #stopUse(): void {
    this.#isUsed = false;
  }

  #limited(): readonly string[] {
    return this.#options
      .workbenches()
      .map(({ workbenchId }) => workbenchId)
      .filter((workbenchId) => {
        const record = this.#options.recordOf(workbenchId);
        return record?.status === 'running' && record.idle !== undefined;
      });
  }

  #actLate(workbenchId: string, stopAt: number): void {
    const { kernel, tape } = this.#options;
    const isOver = () => !this.#faults && this.#end !== 'late';
    if (isOver()) return;
    if (!tape.chance(LATE_PROBABILITY)) return;
    const at = stopAt - LATE_MAX_MS + tape.intBetween(0, 2 * LATE_MAX_MS);
    const act = tape.pick(ACTS);
    // An extension announces a stop that may be long after the fault phase.
    kernel.after(at - kernel.now(), () => {
      if (!isOver()) this.#start(workbenchId, act);
    });
  }

  #start(workbenchId: string, act: Act): void {
    const record = this.#options.recordOf(workbenchId);
    if (record?.status !== 'running' || record.idle === undefined) return;
    this.#options.log(`${act} of workbench ${workbenchId}`);
    if (act === 'visit') this.#visit(workbenchId);
    else if (act === 'old_run') this.#reportOfOldRun(workbenchId).catch(this.#options.onError);
    else this.#send(record, act).catch(this.#options.onError);
  }

  /** A user extends while the evidence is read, sometimes. Returns whether the read fails. */
  async #extendAtRead(workbenchId: string): Promise<boolean> {
    const { kernel, tape, recordOf, log, onError } = this.#options;
    if (!this.#faults || !tape.chance(EXTENDED_AT_READ_PROBABILITY)) return false;
    const record = recordOf(workbenchId);
    if (record?.status !== 'running' || record.idle === undefined) return false;
    const minutes = tape.intBetween(EXTENDED_MIN_MINUTES, HOLD_MAX_MINUTES);
    log(`extend of workbench ${workbenchId} while its evidence is read`);
    this.#send(record, 'extend', minutes).catch(onError);
    await kernel.sleep(FAILED_READ_MS);
    return true;
  }

  #visit(workbenchId: string): void {
    const record = this.#options.recordOf(workbenchId);
    if (record?.status !== 'running' || record.idle === undefined) return;
    this.#options.tape.pick(this.#gates as [SimulatedTracker]).noteClientData(workbenchId);
  }

  #poll(workbenchId: string, until: number, count = 0): void {
    const { kernel } = this.#options;
    const [gate] = this.#gates;
    if (kernel.now() >= until || gate === undefined) return;
    gate.noteRequest(workbenchId, '/api/status');
    gate.noteRequest(workbenchId, `/api/kernels?${kernel.now()}`);
    if (count % POLLS_PER_WEBSOCKET === 0) gate.noteWebSocket(workbenchId, '/api/events/subscribe');
    kernel.after(POLL_INTERVAL_MS, () => this.#poll(workbenchId, until, count + 1));
  }

  #reportRepeatedly(workbenchId: string, until: number): void {
    const { kernel, onError } = this.#options;
    if (kernel.now() >= until) return;
    this.#reportOfOldRun(workbenchId).catch(onError);
    kernel.after(OLD_RUN_INTERVAL_MS, () => this.#reportRepeatedly(workbenchId, until));
  }

  /** A program that has outlived its run, or has the token of another one, reports that it works. */
  async #reportOfOldRun(workbenchId: string): Promise<void> {
    const { kernel, controller, checks, record } = this.#options;
    const runId = checks.endedRunOf(workbenchId) ?? NO_RUN;
    const now = kernel.now();
    const { status } = await controller.request('report', {
      wid: workbenchId,
      authorizer: toRunContext({ workbenchId, runId }),
      body: {
        last_activity: isoTime(now),
        kinds: ['ide', 'busy'],
        keepalive_until: isoTime(now + EXTENSION_MINUTES_MAX * MINUTE),
      },
    });
    record(() => checks.checkOldRun(workbenchId, runId, status));
  }

  /** Sends a request of a person or a program. What it confirms must be kept. */
  async #send(
    record: Running,
    act: Exclude<Act, 'visit' | 'old_run'>,
    minutes = this.#options.tape.intBetween(1, HOLD_MAX_MINUTES),
  ): Promise<void> {
    const { kernel, tape, controller, checks } = this.#options;
    const { userId, workbenchId } = record;
    const runId = checks.runIdOf(workbenchId);
    const at = kernel.now();
    const until = at + minutes * MINUTE;
    const claimed = at + tape.intBetween(0, 2 * CLOCK_SKEW_MAX_MS) - CLOCK_SKEW_MAX_MS;
    const request = { query: `user_id=${userId}`, wid: workbenchId };
    const isOfRun = runId !== undefined && act !== 'extend' && act !== 'start';
    const reporter =
      isOfRun && tape.chance(RUN_TOKEN_PROBABILITY)
        ? { wid: workbenchId, authorizer: toRunContext({ workbenchId, runId }) }
        : request;
    const report =
      act === 'keepalive'
        ? { keepalive_until: isoTime(until) }
        : { last_activity: isoTime(claimed), kinds: [act] };
    const { status } =
      act === 'extend'
        ? await controller.request('extend', { ...request, body: { minutes } })
        : act === 'start'
          ? await controller.request('start', request)
          : await controller.request('report', { ...reporter, body: report });
    const now = kernel.now();
    // The response may be about a later run.
    if (status >= 300 || runId !== checks.runIdOf(workbenchId)) return;
    if (act === 'keepalive' || act === 'extend') checks.noteHold(workbenchId, runId, until, now, act);
    if (act !== 'keepalive') checks.noteUse(workbenchId, runId, at, now, act);
  }

  /** A write of a gate: late, and in the fault phase also lost. */
  async #write(activity: ActivityStore, workbenchId: string, at: number, skewMs: number): Promise<void> {
    const { kernel, tape, checks } = this.#options;
    const runId = checks.runIdOf(workbenchId);
    await kernel.sleep(tape.intBetween(0, WRITE_MAX_MS));
    const isLost = this.#faults && tape.chance(LOST_PROBABILITY);
    if (!isLost || tape.chance(0.5)) await activity.record(workbenchId, at);
    if (isLost) throw new PortError('unavailable', 'record: no response');
    checks.noteUse(workbenchId, runId, at - skewMs, kernel.now(), 'browser');
  }
}

const TELEMETRY: Telemetry = { info: () => {}, warn: () => {}, error: () => {}, count: () => {} };

/** What a process of the gate notes of the requests that it forwards. */
class SimulatedTracker {
  readonly #tracker: ActivityTracker;

  constructor(kernel: Kernel, skewMs: number, write: (workbenchId: string, at: number) => Promise<void>) {
    this.#tracker = new ActivityTracker({
      activity: { record: write },
      timers: {
        now: () => kernel.now() + skewMs,
        elapsed: () => kernel.elapsed(),
        after: (ms, action) => kernel.after(ms, action),
      },
      telemetry: TELEMETRY,
    });
  }

  noteClientData(workbenchId: string): void {
    this.#tracker.noteClientData(anOpenRequest({ workbenchId, request: { webSocket: true } }));
  }

  noteRequest(workbenchId: string, target: string): void {
    this.#tracker.noteRequest(anOpenRequest({ workbenchId, target }));
  }

  noteWebSocket(workbenchId: string, target: string): void {
    this.#tracker.noteRequest(anOpenRequest({ workbenchId, target, request: { webSocket: true } }));
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
