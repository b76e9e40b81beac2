import { WorkbenchError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import { START_RATE_SPAN_MS, type StartRateStore } from '../ports/start-rate-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';

/** The limits of each user. 0: no limit. They apply to the owner of a workbench, not to the caller. */
export interface UserLimits {
  readonly workbenchesMax: number;
  /** The most workbenches with a dedicated instance type. */
  readonly hostsMax: number;
  readonly startsPerMinute: number;
}

export type StartLimit = Pick<UserLimits, 'startsPerMinute'>;

export const NO_LIMITS: UserLimits = { workbenchesMax: 0, hostsMax: 0, startsPerMinute: 0 };

export interface StartLimitPorts {
  readonly startRates: StartRateStore;
  readonly clock: Clock;
}

export interface OwnLimitPorts extends StartLimitPorts {
  readonly workbenches: Pick<WorkbenchStore, 'countByUser'>;
}

/** `Retry-After` of a request beyond a maximum, in seconds. The user must delete a workbench first. */
const MAXIMUM_RETRY_AFTER_SECONDS = 60;

/**
 * Counts a start of the user. Makes no call without a limit.
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

/** Whether a create request can exceed a limit. */
export function hasCreateLimits(limits: UserLimits, hasHost: boolean): boolean {
  return limits.startsPerMinute > 0 || limits.workbenchesMax > 0 || (hasHost && limits.hostsMax > 0);
}

/**
 * Checks whether the user may have one more workbench, and counts its start, or its move to this user. That is counted
 * first: it bounds how many requests at the same time find the same number of workbenches
 * (docs/decisions/0021-limits-per-user.md).
 * @throws WorkbenchError `too_many_requests` (`start_rate`, `workbench_limit`, `host_limit`)
 */
export async function assertMayOwnAnother(
  ports: OwnLimitPorts,
  limits: UserLimits,
  userId: string,
  hasHost: boolean,
): Promise<void> {
  const { workbenchesMax, hostsMax } = limits;
  await countStart(ports, limits, userId);
  if (workbenchesMax > 0) {
    const count = await ports.workbenches.countByUser(userId, { atMost: workbenchesMax });
    if (count >= workbenchesMax)
      throw maximumReached('workbench_limit', `The user may have ${workbenchesMax} workbenches.`);
  }
  if (hasHost && hostsMax > 0) {
    const count = await ports.workbenches.countByUser(userId, { atMost: hostsMax, withHost: true });
    if (count >= hostsMax)
      throw maximumReached('host_limit', `The user may have ${hostsMax} workbenches on dedicated instances.`);
  }
}

function maximumReached(reason: string, rule: string): WorkbenchError {
  return new WorkbenchError('too_many_requests', `${rule} Delete one first.`, {
    reason,
    retryAfterSeconds: MAXIMUM_RETRY_AFTER_SECONDS,
  });
}
