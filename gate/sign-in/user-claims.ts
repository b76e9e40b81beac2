import type { JWTPayload } from 'jose';
import { groupIdOf } from '#adapters/group-id.ts';
import { isUserId } from '#contract/parameters.ts';
import { readGroups } from '#core/access/grantee.ts';
import { isIssuerSession, type SignIn } from '#gate/session/sessions.ts';
import { SignInFailure } from './sign-in-failure.ts';

export interface UserClaimSettings {
  /** RESTAPI_USER_CLAIM: the same claim as in the tokens of the API. */
  readonly userClaim: string;
  /** WB_GATE_ADMIN_CLAIM */
  readonly adminClaim: string | undefined;
  /** WB_GROUPS_CLAIM: the same claim as in the tokens of the API. */
  readonly groupsClaim?: string | undefined;
  /** RESTAPI_ADMIN_SCOPE */
  readonly adminScope: string;
}

/** The ID token has no valid user_id. */
export class UserClaimMissing extends Error {
  readonly claim: string;

  constructor(claim: string) {
    super(`the ID token has no user_id in the claim ${claim}`);
    this.name = 'UserClaimMissing';
    this.claim = claim;
  }
}

/** Who has signed in, and how many values of the claim of the groups do not count. */
export interface ReadSignIn {
  readonly signIn: SignIn;
  readonly ignoredGroups: number;
}

/**
 * Returns who has signed in.
 * @param claims of a valid ID token
 * @param now milliseconds since 1970
 * @throws UserClaimMissing
 */
export function readSignIn(
  claims: JWTPayload,
  { userClaim, adminClaim, adminScope, groupsClaim }: UserClaimSettings,
  now: number,
): ReadSignIn {
  const userId = readOwn(claims, userClaim);
  if (typeof userId !== 'string' || !isUserId(userId)) throw new UserClaimMissing(userClaim);
  const { sub, sid } = claims;
  const { groups, ignored } = readGroups(groupsClaim === undefined ? [] : readOwn(claims, groupsClaim));
  const hasSession = typeof sid === 'string' && isIssuerSession(sid);
  const signIn: SignIn = {
    userId,
    admin: adminClaim !== undefined && listOf(readOwn(claims, adminClaim)).includes(adminScope),
    ...(hasSession ? { issuerSession: sid } : {}),
    ...(groups.length === 0 ? {} : { groups: groups.map(groupIdOf) }),
    ...(sub !== undefined && userClaim !== 'sub' && isUserId(sub) ? { issuerSubject: sub } : {}),
    signedInAt: now,
  };
  return { signIn, ignoredGroups: ignored };
}

function readOwn(claims: JWTPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value.split(' ') : [];
}

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export interface LogoutClaims {
  readonly subject: string;
  /** Absent: all sessions of the user. */
  readonly issuerSession?: string;
}

/**
 * Returns whose sessions a logout token ends (OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6).
 * @param claims of a token with a valid signature, issuer and audience
 * @throws SignInFailure if it is no logout token: an ID token must not end a session
 */
export function readLogoutClaims(claims: JWTPayload): LogoutClaims {
  const { events, nonce, sub, sid } = claims;
  const event = isObject(events) ? readOwn(events as JWTPayload, LOGOUT_EVENT) : undefined;
  if (!isObject(event)) throw new SignInFailure('invalid', 'no_logout_event');
  if (nonce !== undefined) throw new SignInFailure('invalid', 'logout_token_with_nonce');
  // The cutoffs are stored by user. A session id alone names none, and the specification allows it, so say so in the log.
  if (sub === undefined || !isUserId(sub)) throw new SignInFailure('invalid', 'logout_token_without_subject');
  if (sid !== undefined && !(typeof sid === 'string' && isIssuerSession(sid))) {
    throw new SignInFailure('invalid', 'invalid_session_id');
  }
  return { subject: sub, ...(sid === undefined ? {} : { issuerSession: sid }) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
