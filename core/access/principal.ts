import { invalidRequest, WorkbenchError } from '../errors.ts';
import { truncateUtf8 } from '../workbench/truncate-utf8.ts';

/**
 * Who calls.
 * - `open`: nobody is asked (keyless local mode).
 * - `static_key`: a trusted backend with the static key.
 * - `token`: the bearer of a verified token.
 */
export type Principal =
  | { readonly kind: 'open' }
  | { readonly kind: 'static_key' }
  | {
      readonly kind: 'token';
      /** The user claim; absent when the token has none. */
      readonly subject?: string;
      readonly scopes: readonly string[];
      readonly clientId?: string;
      /** It may act for any user without a user claim: a token of our own key, or of a configured service. */
      readonly service: boolean;
      /** Seconds since 1970. */
      readonly expiresAt: number;
    };

/** Whether the principal may act for anybody and use what is for operators. */
export function isAdmin(principal: Principal, adminScope: string): boolean {
  return principal.kind !== 'token' || principal.scopes.includes(adminScope);
}

/**
 * The user a request acts for. Decided on every request: what the authorizer answered may be up to a minute old.
 * @param requested the request's user_id, already checked for form; undefined when left out
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
    throw new WorkbenchError('forbidden', 'The token names no user, and its client may not act for others.', {
      reason: 'no_user_claim',
    });
  }
  if (requested === undefined || requested === subject) return subject;
  if (isAdmin(principal, adminScope)) return requested;
  throw new WorkbenchError('forbidden', 'The token is for another user.', { reason: 'user_mismatch' });
}

/**
 * Lets operators alone through.
 * @param now milliseconds since 1970
 * @throws WorkbenchError `forbidden` (`token_expired`, `admin_required`)
 */
export function assertAdmin(
  principal: Principal,
  { now, adminScope }: { readonly now: number; readonly adminScope: string },
): void {
  if (principal.kind === 'token') assertNotExpired(principal, now);
  if (isAdmin(principal, adminScope)) return;
  throw new WorkbenchError('forbidden', `This needs the scope ${adminScope}.`, { reason: 'admin_required' });
}

function assertNotExpired({ expiresAt }: { readonly expiresAt: number }, now: number): void {
  if (now < expiresAt * 1000) return;
  throw new WorkbenchError('forbidden', 'The token has expired.', { reason: 'token_expired' });
}

/** How the history names who asked; at most 96 bytes. */
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
  throw invalidRequest({ user_id: 'required: whose workbenches' });
}
