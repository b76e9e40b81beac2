/** A throttle: `burst` calls at once, and `perSecond` more each second. */
export class TokenBucket {
  readonly #now: () => number;
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  /** @param now milliseconds */
  constructor(now: () => number, burst: number, perSecond: number) {
    this.#now = now;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#filledAt = now();
  }

  /** False when the call is refused. */
  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
