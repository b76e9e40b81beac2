/** A heartbeat is at least this long after the one before, milliseconds, and at most the second. */
const PERIOD_MIN_MS = 1000;
const PERIOD_MAX_MS = 120_000;
/**
 * How much a period may be longer or shorter than the others, milliseconds. A heartbeat of a shorter period must be more exact. Otherwise each
 * message among some others would be in a rhythm.
 */
const TOLERANCE_MS = 400;
const TOLERANCE_PART = 0.1;
/** Messages in the same rhythm before one that counts as a heartbeat. */
const BEATS_BEFORE = 4;
/** Other messages that may arrive in the time of these beats. More are those of a person who types. */
const OTHERS_MAX = 12;
/** Messages that are kept of each WebSocket. */
const MESSAGES_MAX = 64;
/**
 * Messages outside of the rhythm within PERSONS_WITHIN_MS that are evidence of a person. Fewer are delayed heartbeats, or what the page of
 * code-server sends at no regular time: in nine minutes of an unused tab at most three (test/core/gate/code-server-tab.json).
 */
const PERSONS_MIN = 6;
const PERSONS_WITHIN_MS = 10_000;

/**
 * The messages that a browser sends on one WebSocket, to distinguish a person from the heartbeats of a page that is open and unused: those
 * come in a rhythm. The page of code-server sends one every five seconds. What messages contain is not compared, because most are
 * compressed.
 */
export class Heartbeats {
  /** When the last messages arrived, on a monotonic clock. */
  readonly #messages: number[] = [];
  #others: number[] = [];
  #beatAt = Number.NEGATIVE_INFINITY;

  /**
   * Notes a message. Returns whether it is evidence that a person uses the page.
   * @param elapsed milliseconds of a monotonic clock
   */
  note(elapsed: number): boolean {
    const isBeat = this.#isBeat(elapsed);
    this.#messages.push(elapsed);
    if (this.#messages.length > MESSAGES_MAX) this.#messages.shift();
    if (isBeat) {
      this.#beatAt = elapsed;
      return false;
    }
    // Nothing beats here, so that each message may be that of a person.
    if (elapsed - this.#beatAt > 2 * PERIOD_MAX_MS) return true;
    this.#others = [...this.#others, elapsed]
      .filter((at) => elapsed - at < PERSONS_WITHIN_MS)
      .slice(-PERSONS_MIN);
    return this.#others.length >= PERSONS_MIN;
  }

  #isBeat(elapsed: number): boolean {
    const dense = this.#messages.at(-BEATS_BEFORE - OTHERS_MAX) ?? Number.NEGATIVE_INFINITY;
    if (elapsed - dense < BEATS_BEFORE * PERIOD_MIN_MS) return false;
    return this.#messages.some((at) => this.#beatsEvery(elapsed - at, elapsed));
  }

  #beatsEvery(period: number, elapsed: number): boolean {
    if (period < PERIOD_MIN_MS || period > PERIOD_MAX_MS) return false;
    const tolerance = Math.min(TOLERANCE_MS, period * TOLERANCE_PART);
    for (let beat = 2; beat <= BEATS_BEFORE; beat += 1) {
      const expected = elapsed - beat * period;
      if (!this.#messages.some((at) => Math.abs(at - expected) <= beat * tolerance)) return false;
    }
    const since = elapsed - BEATS_BEFORE * (period + tolerance);
    return this.#messages.filter((at) => at >= since).length <= BEATS_BEFORE + OTHERS_MAX;
  }
}
