import type { Clock, MonotonicClock } from '#core/ports/clock.ts';

/** The system time, and the time of the process. */
export const systemClock: Clock & MonotonicClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};
