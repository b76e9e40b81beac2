import type { Clock } from './ports/clock.ts';

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
