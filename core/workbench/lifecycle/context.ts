import type { Workbench } from '../workbench.ts';
import type { Policy } from './policy.ts';

/** What a step may look at beside the record: nothing that differs between two calls with the same arguments. */
export interface Context {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly policy: Policy;
}

/** Sees to it that the workbench is looked at by `at`; an earlier appointment stands. */
export function driveBy<W extends Workbench>(workbench: W, at: number): W {
  return { ...workbench, nextDriveAt: Math.min(workbench.nextDriveAt ?? at, at) };
}

/** Something got on: the next effect is owed at once, and what failed before is forgotten. */
export function driveNow<W extends Workbench>(workbench: W, { now }: Context): W {
  return driveBy({ ...workbench, failures: 0 }, now);
}

/** Nothing to do but wait: look again after the usual interval. */
export function pollLater<W extends Workbench>(workbench: W, { now, policy }: Context): W {
  return driveBy({ ...workbench, failures: 0 }, now + policy.pollIntervalMs);
}

/** Looks fail and are repeated within a minute, and found again within another when a message is lost. */
const UNATTENDED_AFTER_MS = 5 * 60_000;

/**
 * Nobody has looked at it for long: the controller stood still, or was kept from its queue. Time that passed so proves
 * nothing, and what is known may be old. While it is waited for something a record is written with each look.
 */
export function isUnattended({ updatedAt }: Workbench, { now }: Pick<Context, 'now'>): boolean {
  return now - updatedAt >= UNATTENDED_AFTER_MS;
}
