import type { Timers } from '#adapters/local/timers.ts';

interface ScheduledAction {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock that a test advances. Actions for the same time run in the order in which they were scheduled. */
export class ManualClock implements Timers {
  #now: number;
  #order = 0;
  readonly #scheduled = new Set<ScheduledAction>();

  /** @param now the initial time, milliseconds since 1970 */
  constructor(now = Date.UTC(2030, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    this.#order += 1;
    const scheduled = { at: this.#now + Math.max(0, ms), order: this.#order, action };
    this.#scheduled.add(scheduled);
    return () => this.#scheduled.delete(scheduled);
  }

  /** The number of scheduled actions. */
  get scheduledCount(): number {
    return this.#scheduled.size;
  }

  /** The time of the next action; undefined if none is scheduled. */
  get nextActionAt(): number | undefined {
    return this.#next(Number.POSITIVE_INFINITY)?.at;
  }

  /** Advances the time and runs the actions that become due. Promises settle only after the call. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) this.#run(next);
    this.#now = end;
  }

  /** Advances the time, runs the actions that become due, and settles promises after each action. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settlePromises();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#run(next);
      await settlePromises();
    }
    this.#now = end;
  }

  #run(scheduled: ScheduledAction): void {
    this.#scheduled.delete(scheduled);
    this.#now = Math.max(this.#now, scheduled.at);
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
