import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';

export interface RecentKeysOptions {
  readonly clock: Clock;
  /** How long a key is remembered, milliseconds. */
  readonly memoryMs: number;
  /** The most keys. The one that was added first is dropped. */
  readonly max: number;
}

/** Remembers which keys were added, for a time. */
export class RecentKeys {
  readonly #options: RecentKeysOptions;
  readonly #added = new Map<string, Moment>();

  constructor(options: RecentKeysOptions) {
    this.#options = options;
  }

  /** Adds a key. Returns false if it was added within `memoryMs`. */
  add(key: string): boolean {
    const { clock, memoryMs, max } = this.#options;
    const before = this.#added.get(key);
    if (before !== undefined && ageOf(before, clock) < memoryMs) return false;
    this.#added.delete(key);
    this.#added.set(key, momentOf(clock));
    for (const oldest of this.#added.keys()) {
      if (this.#added.size <= max) break;
      this.#added.delete(oldest);
    }
    return true;
  }
}
