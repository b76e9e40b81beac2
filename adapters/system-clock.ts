import type { AgeClock } from './age.ts';

/** The system time, and the time of the process. */
export const systemClock: AgeClock = { now: () => Date.now(), elapsed: () => performance.now() };
