import type { ActingRole } from '../access/rights.ts';
import { bestRole } from '../access/shared-role.ts';
import type { Share } from '../ports/share-store.ts';
import type { Workbench } from '../workbench/workbench.ts';
import type { UserVisitor, Visitor } from './visitor.ts';

/** A visitor with a session, or the bearer of a ticket. */
export type RoleHolder = Pick<UserVisitor, 'userId' | 'admin'> & {
  readonly groups?: readonly string[] | undefined;
  readonly groupsExpireAt?: number | undefined;
};

/**
 * Whether the role of the visitor depends on the shares of the workbench. Even if there is no such workbench: a visitor must not
 * learn from the time of the response that a workbench exists.
 */
export function needsShares(visitor: Visitor | RoleHolder, workbench: Workbench | undefined): boolean {
  return 'userId' in visitor && !visitor.admin && visitor.userId !== workbench?.userId;
}

/** Whether the groups of the visitor no longer count: a new sign-in must name them again. */
export function areGroupsExpired(
  { groupsExpireAt }: Pick<RoleHolder, 'groupsExpireAt'>,
  now: number,
): boolean {
  return groupsExpireAt !== undefined && groupsExpireAt <= now;
}

/**
 * Returns the role at a workbench; undefined without one.
 * @param shares those that count, with the ids of groups in the place of their names
 * @param now milliseconds since 1970
 */
export function roleAt(
  holder: RoleHolder,
  workbench: Workbench,
  shares: readonly Share[],
  now: number,
): ActingRole | undefined {
  const { userId, admin } = holder;
  const groups = areGroupsExpired(holder, now) ? [] : (holder.groups ?? []);
  if (userId === workbench.userId) return 'owner';
  if (admin) return 'administrator';
  // Shares with the organisation that do not count are not among `shares`.
  return bestRole(shares, { userId, groups, inOrganisation: true }, now);
}

/** Whether the visitor would have a role if its groups had not expired. */
export function needsGroupsAgain(
  holder: RoleHolder,
  workbench: Workbench,
  shares: readonly Share[],
  now: number,
): boolean {
  if (!areGroupsExpired(holder, now)) return false;
  return roleAt({ ...holder, groupsExpireAt: undefined }, workbench, shares, now) !== undefined;
}
