import { WorkbenchError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import { START_RATE_SPAN_MS, type StartRateStore } from '../ports/start-rate-store.ts';

/** How often each user may start workbenches. 0: no limit. It applies to the owner of a workbench, not to the caller. */
export interface StartLimit {
  readonly startsPerMinute: number;
}

export const NO_START_LIMIT: StartLimit = { startsPerMinute: 0 };

export interface StartLimitPorts {
  readonly startRates: StartRateStore;
  readonly clock: Clock;
}

/**
 * Counts a start of the user, a creation, or a move to this user. Makes no call without a limit.
 * @throws WorkbenchError `too_many_requests` (`start_rate`)
 */
export async function countStart(
  { startRates, clock }: StartLimitPorts,
  { startsPerMinute }: StartLimit,
  userId: string,
): Promise<void> {
  if (startsPerMinute === 0) return;
  const now = clock.now();
  const minute = now - (now % START_RATE_SPAN_MS);
  if ((await startRates.count(userId, minute, startsPerMinute)) === 'counted') return;
  const retryAfterSeconds = Math.ceil((minute + START_RATE_SPAN_MS - now) / 1000);
  throw new WorkbenchError(
    'too_many_requests',
    `The user may start ${startsPerMinute} workbenches a minute. Try again in ${retryAfterSeconds} s.`,
    { reason: 'start_rate', retryAfterSeconds },
  );
}
