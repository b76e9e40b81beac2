/** Returns milliseconds since 1970-01-01 UTC. May step by up to a day in either direction; never used to order writes. */
export interface Clock extends Partial<MonotonicClock> {
  now(): number;
}

/** Measures durations within one process. */
export interface MonotonicClock {
  /** Milliseconds since an unknown moment. Never steps, but may not count the time for which the process is frozen. */
  elapsed(): number;
}

/** A moment, as both clocks showed it. */
export interface Moment {
  readonly now: number;
  /** Absent if the clock cannot measure durations, because it never steps. */
  readonly elapsed: number | undefined;
}

export function momentOf(clock: Clock): Moment {
  return { now: clock.now(), elapsed: clock.elapsed?.() };
}

/**
 * Returns the milliseconds since a moment, or more: what either clock says at most. A clock that was set back says too
 * little, and the monotonic clock may not count the time for which Lambda freezes the process. Infinite if the moment is in
 * the future: then the clock was set back by more than the age.
 */
export function ageOf(moment: Moment, clock: Clock): number {
  const age = clock.now() - moment.now;
  if (age < 0) return Number.POSITIVE_INFINITY;
  return Math.max(age, (clock.elapsed?.() ?? 0) - (moment.elapsed ?? 0));
}

/**
 * How far the clocks of the controller, of the tasks of the gate and of the issuer may differ, milliseconds. Times that another
 * process has set are compared with this tolerance where the order of two events decides about access.
 */
export const CLOCK_SKEW_MAX_MS = 30_000;
