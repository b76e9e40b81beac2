import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

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
