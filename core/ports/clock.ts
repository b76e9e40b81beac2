/** Returns milliseconds since 1970-01-01 UTC. May step by up to a day in either direction; never used to order writes. */
export interface Clock extends Partial<MonotonicClock> {
  now(): number;
}

/** Measures durations within one process. */
export interface MonotonicClock {
  /** Milliseconds since an unknown moment. Never steps, but may not count the time for which the process is frozen. */
  elapsed(): number;
}
