import { systemTimers, type Timers } from '#adapters/local/timers.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import type { StoredSweepRequest, SweepRequest, SweepStarter } from '#core/ports/sweep-starter.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { Sweep } from '#core/reconcile/report.ts';
import { enqueueUnsettled } from '#core/reconcile/sweep-due.ts';
import { build as buildSweepVolumes } from '#functions/schedules/sweep-volumes.ts';
import {
  buildSweepActive,
  buildSweepDue,
  buildSweepQuotas,
  buildSweepTasksAndHosts,
} from '#functions/schedules/sweeps.ts';
import type { LocalPorts } from './handlers.ts';
import type { LocalData } from './local-data.ts';

const MINUTE = 60_000;
const CLOCK_CHECK_INTERVAL_MS = 10_000;
/** The most workbenches that are enqueued at once after the clock was set. */
const ENQUEUED_MAX = 1000;

/**
 * Starts the schedules. Each runs once at once, to find changes since the last server. There is no sweep of the
 * cluster, because task definitions and container instances exist on AWS only.
 * @param starter receives the schedules, so that operators can start sweeps
 * @returns a function that stops the schedules and resolves when the current runs have ended
 */
export function startSchedules(
  ports: LocalPorts,
  settings: Settings,
  data: Pick<LocalData, 'deleteExpired'>,
  timers: Timers = systemTimers,
  starter?: LocalSweepStarter,
): () => Promise<void> {
  const { telemetry } = ports;
  const schedule = (name: string, everyMs: number, run: () => Promise<unknown>) =>
    new IntervalSchedule({ name, everyMs, run, telemetry, timers });
  const due = schedule('sweep-due', MINUTE, buildSweepDue(ports, 1));
  const active = schedule('sweep-active', 10 * MINUTE, buildSweepActive(ports, settings));
  const tasksAndHosts = schedule(
    'sweep-tasks-and-hosts',
    10 * MINUTE,
    buildSweepTasksAndHosts(ports, settings),
  );
  const volumes = schedule('sweep-volumes', 60 * MINUTE, buildSweepVolumes(ports, settings));
  const quotas = schedule('sweep-quotas', 60 * MINUTE, buildSweepQuotas(ports));
  starter?.use({ active, tasks: tasksAndHosts, hosts: tasksAndHosts, volumes, quotas });
  const clockSteps = new ClockSteps({
    timers,
    telemetry,
    onStep: () => enqueueUnsettled(ports, { limit: ENQUEUED_MAX }),
  });
  const clock = schedule('clock-steps', CLOCK_CHECK_INTERVAL_MS, () => clockSteps.check());
  const expired = schedule('expired-items', 10 * MINUTE, async () => {
    await clockSteps.check();
    if (!clockSteps.isRecent) await data.deleteExpired(ports.clock.now());
  });
  const schedules = [due, active, tasksAndHosts, volumes, quotas, clock, expired];
  for (const each of schedules) {
    void each.runNow();
    each.start();
  }
  return async () => {
    await Promise.all(schedules.map((each) => each.stop()));
  };
}

export interface IntervalScheduleOptions {
  /** For log messages. */
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * Takes the place of EventBridge Scheduler in local mode: calls a function at a fixed interval. Runs do not overlap:
 * while a run takes longer than the interval, the next one is skipped. A failed run is logged and the schedule
 * continues.
 */
export class IntervalSchedule {
  readonly #options: IntervalScheduleOptions;
  #running: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: IntervalScheduleOptions) {
    this.#options = options;
  }

  /** Starts the schedule. The first run begins after one interval. */
  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.timers.after(this.#options.everyMs, () => {
      void this.runNow();
      this.start();
    });
  }

  /** Begins a run at once, or waits for the current one. Never rejects. */
  runNow(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Begins a run that starts after this call: at once, or when the current one has ended. */
  runAfterCurrent(): void {
    void (this.#running ?? Promise.resolve()).then(() => {
      if (!this.#stopped) void this.runNow();
    });
  }

  /** Begins no further runs. Resolves when the current one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { name, run, telemetry } = this.#options;
    try {
      await run();
    } catch (error) {
      telemetry.error('a scheduled run failed', { name }, error);
    }
  }
}

/** A smaller difference is a clock that runs a little faster or slower, as NTP lets it. Milliseconds. */
const STEP_MIN_MS = 2000;
/** A clock that was set by mistake is usually right again within this time. Milliseconds. */
const RECENT_MS = 10 * 60_000;

export interface ClockStepsOptions {
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Called after each step. */
  readonly onStep: () => Promise<unknown>;
}

/**
 * Notices that the clock was set, or that the computer slept: the clock and the time of the process then differ by more than
 * before. The life cycle is correct without it (docs/lifecycle.md#clocks-that-step); it only continues sooner.
 */
export class ClockSteps {
  readonly #options: ClockStepsOptions;
  #difference: number;
  #lastStep = Number.NEGATIVE_INFINITY;

  constructor(options: ClockStepsOptions) {
    this.#options = options;
    this.#difference = this.#measure();
  }

  /** Whether there was a step within the last ten minutes, so that items that are expired by the clock may not be. */
  get isRecent(): boolean {
    return this.#options.timers.elapsed() - this.#lastStep < RECENT_MS;
  }

  /** Compares the clock with the time of the process. Call it every few seconds, and before something is deleted by its age. */
  async check(): Promise<void> {
    const { timers, telemetry, onStep } = this.#options;
    const difference = this.#measure();
    const step = difference - this.#difference;
    this.#difference = difference;
    if (Math.abs(step) < STEP_MIN_MS) return;
    this.#lastStep = timers.elapsed();
    telemetry.warn('the clock was set, or the computer slept', { seconds: Math.round(step / 1000) });
    await onStep();
  }

  #measure(): number {
    const { timers } = this.#options;
    return timers.now() - timers.elapsed();
  }
}

export type SweepSchedules = Readonly<Partial<Record<Sweep, Pick<IntervalSchedule, 'runAfterCurrent'>>>>;

/** Starts sweeps of local mode. The request is in memory, because the sweep ends with the process, too. */
export class LocalSweepStarter implements SweepStarter {
  #schedules: SweepSchedules = {};
  #last: StoredSweepRequest | undefined;

  /** Sets the schedules, which are created after the routes. */
  use(schedules: SweepSchedules): void {
    this.#schedules = schedules;
  }

  get available(): readonly Sweep[] {
    return Object.keys(this.#schedules) as Sweep[];
  }

  async lastRequest(): Promise<StoredSweepRequest | undefined> {
    return this.#last;
  }

  async start(request: SweepRequest, previous: StoredSweepRequest | undefined): Promise<'started' | 'busy'> {
    if (this.#last !== previous) return 'busy';
    this.#last = request;
    this.#schedules[request.sweep]?.runAfterCurrent();
    return 'started';
  }
}
