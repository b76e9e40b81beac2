/** A token bucket, by which AWS throttles calls: `burst` calls at once, refilled by `perSecond` each second. */
export class TokenBucket {
  readonly #now: () => number;
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  /** @param now returns milliseconds since 1970 */
  constructor(now: () => number, burst: number, perSecond: number) {
    this.#now = now;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#filledAt = now();
  }

  /** Takes a token; false if none is left and the call is throttled. */
  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
