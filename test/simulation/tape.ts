/**
 * The one source of chance in a simulated schedule: numbers drawn beforehand, read one after another. Zero is
 * always the harmless choice, and so is the end of the tape, so that a schedule shrinks towards one in which
 * nothing goes wrong.
 */
export class Tape {
  readonly #values: readonly number[];
  #drawCount = 0;
  #seed: number;

  /** @param values integers 0 … 2³²−1 */
  constructor(values: readonly number[]) {
    this.#values = values;
    this.#seed = values[0] ?? 0;
  }

  /** How many numbers have been asked for so far. */
  get drawCount(): number {
    return this.#drawCount;
  }

  /** An integer from 0 to n − 1; n ≥ 1. */
  intBelow(n: number): number {
    return this.#next() % n;
  }

  /** An integer from min to max, both included; min is the harmless one. */
  intBetween(min: number, max: number): number {
    return min + this.intBelow(max - min + 1);
  }

  /**
   * An integer from min to max for what only has to differ, such as how long an answer takes: it uses up no tape
   * and does not shrink.
   */
  jitter(min: number, max: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return min + ((this.#seed >>> 8) % (max - min + 1));
  }

  /** True with probability p; never on an ended tape. */
  chance(p: number): boolean {
    return this.#next() >= 2 ** 32 * (1 - p);
  }

  /** One of the list; the first is the harmless one. */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.intBelow(list.length)] ?? list[0];
  }

  #next(): number {
    const value = this.#values[this.#drawCount] ?? 0;
    this.#drawCount += 1;
    return value;
  }
}
