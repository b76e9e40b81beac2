/**
 * The only source of randomness in a simulated schedule: numbers drawn in advance and read in sequence. Zero is always
 * the harmless choice, and so is the end of the tape. Therefore a schedule shrinks towards one without faults.
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

  /** The count of numbers read so far. */
  get drawCount(): number {
    return this.#drawCount;
  }

  /** An integer from 0 to n − 1; n ≥ 1. */
  intBelow(n: number): number {
    return this.#next() % n;
  }

  /** An integer from min to max, both included. min is the harmless choice. */
  intBetween(min: number, max: number): number {
    return min + this.intBelow(max - min + 1);
  }

  /**
   * An integer from min to max for values that only have to vary, such as the latency of a call. It consumes no number
   * of the tape and does not shrink.
   */
  jitter(min: number, max: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return min + ((this.#seed >>> 8) % (max - min + 1));
  }

  /** True with probability p; false at the end of the tape. */
  chance(p: number): boolean {
    return this.#next() >= 2 ** 32 * (1 - p);
  }

  /** An item of the list. The first item is the harmless choice. */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.intBelow(list.length)] ?? list[0];
  }

  #next(): number {
    const value = this.#values[this.#drawCount] ?? 0;
    this.#drawCount += 1;
    return value;
  }
}
