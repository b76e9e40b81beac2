import type { Workbench } from '../workbench.ts';
import type { Policy } from './policy.ts';

/** What a step may look at beside the record: nothing that differs between two calls with the same arguments. */
export interface Context {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly policy: Policy;
}

/** Sees to it that the workbench is looked at by `at`; an earlier appointment stands. */
export function lookBy<W extends Workbench>(workbench: W, at: number): W {
  return { ...workbench, nextAt: Math.min(workbench.nextAt ?? at, at) };
}

/** Something got on: the next effect is owed at once, and what failed before is forgotten. */
export function progressed<W extends Workbench>(workbench: W, { now }: Context): W {
  return lookBy({ ...workbench, failures: 0 }, now);
}

/** Nothing to do but wait: look again after the usual interval. */
export function pollLater<W extends Workbench>(workbench: W, { now, policy }: Context): W {
  return lookBy({ ...workbench, failures: 0 }, now + policy.lookMs);
}

/** Looks fail and are repeated within a minute, and found again within another when a message is lost. */
const LEFT_ALONE_MS = 5 * 60_000;

/**
 * Nobody has looked at it for long: the controller stood still, or was kept from its queue. Time that passed so proves
 * nothing, and what is known may be old. While it is waited for something a record is written with each look.
 */
export function wasLeftAlone({ updatedAt }: Workbench, { now }: Pick<Context, 'now'>): boolean {
  return now - updatedAt >= LEFT_ALONE_MS;
}
