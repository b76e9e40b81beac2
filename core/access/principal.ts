import { invalidRequest, WorkbenchError } from '../errors.ts';
import { truncateUtf8 } from '../workbench/truncate-utf8.ts';

/**
 * The authenticated caller of a request.
 * - `open`: local mode without a key; callers are not authenticated.
 * - `static_key`: a trusted backend that sent the static key.
 * - `token`: the bearer of a verified token.
 */
export type Principal =
  | { readonly kind: 'open' }
  | { readonly kind: 'static_key' }
  | {
      readonly kind: 'token';
      /** The user claim; absent if the token has none. */
      readonly subject?: string;
      readonly scopes: readonly string[];
      /** The groups of the subject: those that core/access/grantee.ts lets count. Absent without any. */
      readonly groups?: readonly string[];
      readonly clientId?: string;
      /** It may act for any user without a user claim: the token was signed with the controller's own key, or belongs to a configured service. */
      readonly service: boolean;
      /** Seconds since 1970. */
      readonly expiresAt: number;
    };

/** Whether the principal may act for any user and call the operators' endpoints. */
export function isAdmin(principal: Principal, adminScope: string): boolean {
  return principal.kind !== 'token' || principal.scopes.includes(adminScope);
}

/**
 * Returns the acting user of a request. Checked on every request, because the authorizer's result may be cached for up
 * to a minute.
 * @param requested the request's user_id, already validated; undefined if absent
 * @param now milliseconds since 1970
 * @throws WorkbenchError `forbidden` (`token_expired`, `no_user_claim`, `user_mismatch`), `invalid_request`
 */
export function resolveActingUser(
  principal: Principal,
  requested: string | undefined,
  { now, adminScope }: { readonly now: number; readonly adminScope: string },
): string {
  if (principal.kind !== 'token') return requested ?? throwMissingUser();
  assertNotExpired(principal, now);
  const { subject } = principal;
  if (subject === undefined) {
    if (principal.service || isAdmin(principal, adminScope)) return requested ?? throwMissingUser();
    throw new WorkbenchError(
      'forbidden',
      'The token names no user, and its client may not act for other users.',
      {
        reason: 'no_user_claim',
      },
    );
  }
  if (requested === undefined || requested === subject) return subject;
  if (isAdmin(principal, adminScope)) return requested;
  throw new WorkbenchError('forbidden', 'The token is for another user.', { reason: 'user_mismatch' });
}

/**
 * Throws unless the principal is an operator.
 * @param now milliseconds since 1970
 * @throws WorkbenchError `forbidden` (`token_expired`, `admin_required`)
 */
export function assertAdmin(
  principal: Principal,
  { now, adminScope }: { readonly now: number; readonly adminScope: string },
): void {
  if (principal.kind === 'token') assertNotExpired(principal, now);
  if (isAdmin(principal, adminScope)) return;
  throw new WorkbenchError('forbidden', `This request requires the scope ${adminScope}.`, {
    reason: 'admin_required',
  });
}

function assertNotExpired({ expiresAt }: { readonly expiresAt: number }, now: number): void {
  if (now < expiresAt * 1000) return;
  throw new WorkbenchError('forbidden', 'The token has expired.', { reason: 'token_expired' });
}

/**
 * The groups of the acting user. A token proves the groups of its own user: an administrator or a service who acts for another
 * user acts without groups.
 */
export function groupsOf(principal: Principal, userId: string): readonly string[] {
  if (principal.kind !== 'token' || principal.subject !== userId) return [];
  return principal.groups ?? [];
}

/**
 * The groups that the caller proves of a user, for the limits of this user. Undefined if the caller proves nothing: an administrator or
 * a service who acts for another user, and a user who acts on the workbench of another.
 */
export function provedGroups(principal: Principal, userId: string): readonly string[] | undefined {
  if (principal.kind !== 'token' || principal.subject !== userId) return undefined;
  return principal.groups ?? [];
}

/** The name under which the history lists the caller; at most 96 bytes. */
export function actorOf(principal: Principal): string {
  switch (principal.kind) {
    case 'open':
      return 'local';
    case 'static_key':
      return 'static key';
    case 'token': {
      const actor =
        principal.subject ?? (principal.clientId === undefined ? 'token' : `client ${principal.clientId}`);
      return truncateUtf8(actor, 96);
    }
  }
}

function throwMissingUser(): never {
  throw invalidRequest({ user_id: 'required: the id of the user' });
}
