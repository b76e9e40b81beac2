import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

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
