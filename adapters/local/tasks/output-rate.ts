import type { Clock } from '#core/ports/clock.ts';

/** Limits the bytes in a second. Those of one second may come at once. */
export class OutputRate {
  readonly #bytesPerSecond: number;
  readonly #clock: Clock;
  /** Bytes that may be taken without a wait. Negative: bytes that were taken too early. */
  #free: number;
  #refilledAt: number;

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
    this.#free = bytesPerSecond;
    this.#refilledAt = clock.now();
  }

  /** Takes bytes. Returns how long to wait before the next call, milliseconds. */
  take(bytes: number): number {
    const now = this.#clock.now();
    // The clock may have been set back.
    const elapsedMs = Math.max(0, now - this.#refilledAt);
    this.#refilledAt = now;
    const refilled = this.#free + (elapsedMs / 1000) * this.#bytesPerSecond;
    this.#free = Math.min(this.#bytesPerSecond, refilled) - bytes;
    return Math.max(0, (-this.#free / this.#bytesPerSecond) * 1000);
  }
}
