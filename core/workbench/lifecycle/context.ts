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
