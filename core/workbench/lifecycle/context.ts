import type { Workbench } from '../workbench.ts';
import type { Policy } from './policy.ts';

/** The arguments of a step besides the record and the input. A step reads nothing else, so that it is deterministic. */
export interface Context {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly policy: Policy;
}

/** Sets the due time to `at`, unless it is earlier already. */
export function driveBy<W extends Workbench>(workbench: W, at: number): W {
  return { ...workbench, nextDriveAt: Math.min(workbench.nextDriveAt ?? at, at) };
}

/** Makes the record due now and resets the failure count, because the last effect made progress. */
export function driveNow<W extends Workbench>(workbench: W, { now }: Context): W {
  return driveBy({ ...workbench, failures: 0 }, now);
}

/** Makes the record due after the poll interval and resets the failure count. */
export function pollLater<W extends Workbench>(workbench: W, { now, policy }: Context): W {
  return driveBy({ ...workbench, failures: 0 }, now + policy.pollIntervalMs);
}

/**
 * More than any pause in normal operation: a failed effect is retried within a minute, and the reconciler replaces a lost
 * message within another.
 */
const UNATTENDED_AFTER_MS = 5 * 60_000;

/**
 * Whether the record was not driven for long, because the controller was paused or its queue was unavailable. A timeout
 * that passed in this time proves nothing, and the observations in the record may be stale, so the workbench is driven
 * once before a timeout has an effect. While a workbench waits for something, each poll writes the record.
 * See docs/lifecycle.md#unattended-records.
 */
export function isUnattended({ updatedAt }: Workbench, { now }: Pick<Context, 'now'>): boolean {
  return now - updatedAt >= UNATTENDED_AFTER_MS;
}
