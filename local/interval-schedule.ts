import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

export interface IntervalScheduleOptions {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * Stands where EventBridge Scheduler stands on AWS: runs something again and again. A run never overlaps with
 * itself: while one lasts longer than the interval, its turn is skipped. A run that fails is logged, and the
 * next comes all the same.
 */
export class IntervalSchedule {
  readonly #options: IntervalScheduleOptions;
  #running: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: IntervalScheduleOptions) {
    this.#options = options;
  }

  /** The first run comes after one interval. */
  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.timers.after(this.#options.everyMs, () => {
      void this.runNow();
      this.start();
    });
  }

  /** Runs at once, or joins the run under way. Never rejects. */
  runNow(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** No further run begins; resolves when the one under way has ended. */
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
