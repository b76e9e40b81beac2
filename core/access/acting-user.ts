import { truncateUtf8 } from '../workbench/truncate-utf8.ts';
import { actorOf, groupsOf, isAdmin, type Principal } from './principal.ts';
import type { ActingRole } from './rights.ts';
import type { ShareUser } from './shared-role.ts';

/** The user in whose name a request is made, with what decides about its rights. */
export interface ActingUser extends ShareUser {
  /** Whether the user may act on every workbench. */
  readonly administrator: boolean;
}

export interface AccessRules {
  readonly adminScope: string;
  /** Whether the installation allows shares with the organisation. */
  readonly organisationShares: boolean;
}

/**
 * Returns the acting user of a principal. The rights are those of this user alone: an administrator, or a trusted backend,
 * who names another user gets the rights of that user. Only an administrator who acts in their own name may act on every
 * workbench. Groups are those of the token's own user; of another user they are not known.
 * @param userId as `resolveActingUser` returns it
 */
export function actingUserOf(
  principal: Principal,
  userId: string,
  { adminScope, organisationShares }: AccessRules,
): ActingUser {
  const isOwnName = principal.kind === 'token' && principal.subject === userId;
  return {
    userId,
    groups: groupsOf(principal, userId),
    inOrganisation: organisationShares && principal.kind !== 'open',
    administrator: isOwnName && isAdmin(principal, adminScope),
  };
}

const ACTOR_MAX_BYTES = 96;

/**
 * Returns the name under which the history lists who acts on a workbench; at most 96 bytes. A user who is not the owner is
 * named, even if a backend sent the request: `bob (static key)`.
 */
export function actorIn(role: ActingRole, principal: Principal, userId: string): string {
  const actor = actorOf(principal);
  if (role === 'owner' || actor === userId) return actor;
  return truncateUtf8(`${userId} (${actor})`, ACTOR_MAX_BYTES);
}
