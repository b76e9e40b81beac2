import type { Clock } from '#core/ports/clock.ts';

/** The system time. */
export const systemClock: Clock = { now: () => Date.now() };
