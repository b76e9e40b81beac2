import type { Share } from '../ports/share-store.ts';
import { type Grantee, granteeKey, ORGANISATION } from './grantee.ts';
import { SHARED_ROLES, type SharedRole } from './rights.ts';

/** The user in whose name a request is made, as far as shares depend on it. */
export interface ShareUser {
  readonly userId: string;
  /** The groups of the user, as the token or the session names them. */
  readonly groups: readonly string[];
  /** Whether shares with the organisation count: the installation allows them, and the user is authenticated. */
  readonly inOrganisation: boolean;
}

/** Returns every grantee that the user is, each once. */
export function granteesOf({ userId, groups, inOrganisation }: ShareUser): readonly Grantee[] {
  return [
    { kind: 'user', userId },
    ...[...new Set(groups)].map((group) => ({ kind: 'group' as const, group })),
    ...(inOrganisation ? [ORGANISATION] : []),
  ];
}

/** Whether the share gives its role at `now` (milliseconds since 1970). */
export function isInForce({ expiresAt }: Pick<Share, 'expiresAt'>, now: number): boolean {
  return expiresAt === undefined || now < expiresAt;
}

/**
 * Returns the role with the most rights of those that the shares give to the user; undefined if they give none.
 * @param shares of one workbench; those with other grantees and those that have expired are ignored
 * @param now milliseconds since 1970
 */
export function bestRole(shares: readonly Share[], user: ShareUser, now: number): SharedRole | undefined {
  const own = new Set(granteesOf(user).map(granteeKey));
  const roles = shares
    .filter((share) => isInForce(share, now) && own.has(granteeKey(share.grantee)))
    .map(({ role }) => role);
  return SHARED_ROLES.find((role) => roles.includes(role));
}
