import type { Timers } from '#adapters/local/timers.ts';

interface ScheduledAction {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/**
 * A clock that a test advances and may set; setting it moves no action. Actions for the same time run in the order in which
 * they were scheduled.
 */
export class ManualClock implements Timers {
  #elapsed: number;
  /** How far the clock was set forward in total. */
  #offset = 0;
  #order = 0;
  readonly #scheduled = new Set<ScheduledAction>();

  /** @param now the initial time, milliseconds since 1970 */
  constructor(now = Date.UTC(2030, 0, 1)) {
    this.#elapsed = now;
  }

  now(): number {
    return this.#elapsed + this.#offset;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Sets the clock forward, or back by a negative number of milliseconds. No time passes. */
  set(ms: number): void {
    this.#offset += ms;
  }

  after(ms: number, action: () => void): () => void {
    this.#order += 1;
    const scheduled = { at: this.#elapsed + Math.max(0, ms), order: this.#order, action };
    this.#scheduled.add(scheduled);
    return () => this.#scheduled.delete(scheduled);
  }

  /** The number of scheduled actions. */
  get scheduledCount(): number {
    return this.#scheduled.size;
  }

  /** When the next action runs, as `now` will show it; undefined if none is scheduled. */
  get nextActionAt(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : next.at + this.#offset;
  }

  /** Advances the time and runs the actions that become due. Promises settle only after the call. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) this.#run(next);
    this.#elapsed = end;
  }

  /** Advances the time, runs the actions that become due, and settles promises after each action. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settlePromises();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#run(next);
      await settlePromises();
    }
    this.#elapsed = end;
  }

  #run(scheduled: ScheduledAction): void {
    this.#scheduled.delete(scheduled);
    this.#elapsed = Math.max(this.#elapsed, scheduled.at);
    scheduled.action();
  }

  #next(end: number): ScheduledAction | undefined {
    let first: ScheduledAction | undefined;
    for (const scheduled of this.#scheduled) {
      if (scheduled.at > end) continue;
      if (
        first === undefined ||
        scheduled.at < first.at ||
        (scheduled.at === first.at && scheduled.order < first.order)
      ) {
        first = scheduled;
      }
    }
    return first;
  }
}

function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
