import type { Clock } from '#core/ports/clock.ts';

/** The time of the machine. */
export const systemClock: Clock = { now: () => Date.now() };
