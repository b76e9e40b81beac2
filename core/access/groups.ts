import { isGroupName } from './grantee.ts';

/** The groups of a user, as a claim of a token lists them (WB_GROUPS_CLAIM). They only ever give rights. */

/** The most groups of a user that count. */
export const GROUPS_MAX = 100;
export interface ClaimedGroups {
  /** At most GROUPS_MAX, without duplicates. */
  readonly groups: readonly string[];
  /** The number of values of the claim that do not count. */
  readonly ignored: number;
}

/**
 * Reads the groups of a claim: an array of names, or one name. Values that are no name do not count, and of more than
 * GROUPS_MAX names only the first by code unit: without some of their groups users have fewer rights, never more, and keep
 * their own workbenches. The order in the token makes no difference, so that two tokens with the same groups give the same rights.
 */
export function readGroups(claim: unknown): ClaimedGroups {
  const values = Array.isArray(claim) ? claim : claim === undefined || claim === null ? [] : [claim];
  const names = new Set<string>();
  let ignored = 0;
  for (const value of values) {
    if (typeof value === 'string' && isGroupName(value)) names.add(value);
    else ignored += 1;
  }
  const groups = [...names].sort();
  return { groups: groups.slice(0, GROUPS_MAX), ignored: ignored + Math.max(0, groups.length - GROUPS_MAX) };
}
