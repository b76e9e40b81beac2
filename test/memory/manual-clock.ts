import type { Timers } from '#adapters/local/timers.ts';

interface ScheduledAction {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** Time that moves only when told. Two actions due at once run in the order in which they were set. */
export class ManualClock implements Timers {
  #now: number;
  #order = 0;
  readonly #scheduled = new Set<ScheduledAction>();

  /** @param now where it begins, milliseconds since 1970 */
  constructor(now = Date.UTC(2030, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    this.#order += 1;
    const waiting = { at: this.#now + Math.max(0, ms), order: this.#order, action };
    this.#scheduled.add(waiting);
    return () => this.#scheduled.delete(waiting);
  }

  /** How many actions wait. */
  get scheduledCount(): number {
    return this.#scheduled.size;
  }

  /** When the next action is due; undefined when none waits. */
  get nextActionAt(): number | undefined {
    return this.#next(Number.POSITIVE_INFINITY)?.at;
  }

  /** Moves time on and runs what becomes due, synchronously: what promises set off runs after the call. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) this.#run(next);
    this.#now = end;
  }

  /** Moves time on, and after each action lets the promises that it set off run. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settlePromises();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#run(next);
      await settlePromises();
    }
    this.#now = end;
  }

  #run(scheduledCount: ScheduledAction): void {
    this.#scheduled.delete(scheduledCount);
    this.#now = Math.max(this.#now, scheduledCount.at);
    scheduledCount.action();
  }

  #next(end: number): ScheduledAction | undefined {
    let first: ScheduledAction | undefined;
    for (const waiting of this.#scheduled) {
      if (waiting.at > end) continue;
      if (
        first === undefined ||
        waiting.at < first.at ||
        (waiting.at === first.at && waiting.order < first.order)
      ) {
        first = waiting;
      }
    }
    return first;
  }
}

function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
