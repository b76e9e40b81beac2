import type { Timers } from '#adapters/local/timers.ts';

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** Time that moves only when told. Two actions due at once run in the order in which they were set. */
export class ManualClock implements Timers {
  #now: number;
  #order = 0;
  readonly #waiting = new Set<Waiting>();

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
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** How many actions wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** When the next action is due; undefined when none waits. */
  get nextAt(): number | undefined {
    return this.#next(Number.POSITIVE_INFINITY)?.at;
  }

  /** Moves time on and runs what becomes due, synchronously: what promises set off runs after the call. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) this.#run(next);
    this.#now = end;
  }

  /** Moves time on, and after each action lets the promises that it set off run. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settlePromises();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#run(next);
      await settlePromises();
    }
    this.#now = end;
  }

  #run(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#now = Math.max(this.#now, waiting.at);
    waiting.action();
  }

  #next(end: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting) {
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
