import type { ActingRole } from '../access/rights.ts';
import { bestRole } from '../access/shared-role.ts';
import type { Share } from '../ports/share-store.ts';
import type { Workbench } from '../workbench/workbench.ts';

/**
 * The sender of a request to the gate.
 * - `open`: local mode without sign-in; visitors are not authenticated.
 * - `user`: the holder of a valid session.
 * - `none`: no session, or one that is invalid, expired or ended.
 */
export type Visitor = { readonly kind: 'open' } | { readonly kind: 'none' } | UserVisitor;

export interface UserVisitor {
  readonly kind: 'user';
  /** The same claim as the user of the API (RESTAPI_USER_CLAIM). */
  readonly userId: string;
  /** Whether the user may open every workbench. */
  readonly admin: boolean;
  /** The ids of the user's groups at the sign-in (adapters/group-id.ts). Absent without any. */
  readonly groups?: readonly string[];
  /** From when on the groups do not count, milliseconds since 1970. Present with groups. */
  readonly groupsExpireAt?: number;
  /** The workbench of the session's cookie. The session of the sign-in host has none: it opens every workbench of its user. */
  readonly workbenchId?: string;
  /** The session at the issuer, if it named one. A back-channel sign-out may end it alone. */
  readonly issuerSession?: string;
  /** The user's `sub` at the issuer, if the user_id is another claim. A back-channel sign-out names this one. */
  readonly issuerSubject?: string;
  /** Whether the cookie comes from a version that stored the cutoffs of user ids and of `sub` under the same names. */
  readonly hasSharedNames?: true;
  /** When the user signed in, milliseconds since 1970. A cutoff after it ends the session. */
  readonly signedInAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

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
