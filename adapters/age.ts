import type { Clock, MonotonicClock } from '#core/ports/clock.ts';

/** A clock that can measure the age of something in this process. */
export type AgeClock = Clock & MonotonicClock;

/** A moment, as both clocks showed it. */
export interface Moment {
  readonly now: number;
  readonly elapsed: number;
}

export function momentOf(clock: AgeClock): Moment {
  return { now: clock.now(), elapsed: clock.elapsed() };
}

/**
 * Returns the milliseconds since a moment, or more: what either clock says at most. A clock that was set back says too
 * little, and the monotonic clock may not count the time for which Lambda freezes the process. Infinite if the moment is in
 * the future: then the clock was set back by more than the age.
 */
export function ageOf(moment: Moment, clock: AgeClock): number {
  const age = clock.now() - moment.now;
  return age < 0 ? Number.POSITIVE_INFINITY : Math.max(age, clock.elapsed() - moment.elapsed);
}
