import { errors } from 'jose';
import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import type { SignInFailureReason } from '#core/gate/sign-in-failures.ts';

/** Why the issuer, or the check of its response, ended a sign-in. A missing claim has a type of its own, `UserClaimMissing`. */
export type SignInFailureKind = Exclude<SignInFailureReason, 'claim_missing'>;

export class SignInFailure extends Error {
  readonly kind: SignInFailureKind;
  /** For the log: a code of OAuth or of a library, never a part of a token. */
  readonly code: string;

  /** For the log: the text of a library for this code, without a part of the response. */
  readonly problem: string | undefined;

  constructor(
    kind: SignInFailureKind,
    code: string,
    { problem, ...options }: ErrorOptions & { readonly problem?: string } = {},
  ) {
    super(`the sign-in did not succeed: ${code}`, options);
    this.name = 'SignInFailure';
    this.kind = kind;
    this.code = code;
    this.problem = problem;
  }
}

/** Error codes of RFC 6749 and OpenID Connect → what they mean for the user. Others are errors of the settings. */
const KIND_BY_ERROR: Readonly<Record<string, SignInFailureKind>> = {
  access_denied: 'refused',
  login_required: 'refused',
  interaction_required: 'refused',
  consent_required: 'refused',
  account_selection_required: 'refused',
  invalid_grant: 'invalid',
  server_error: 'unavailable',
  temporarily_unavailable: 'unavailable',
};

/** The codes of both libraries when the issuer did not respond, or not with what its discovery document promises. */
const UNAVAILABLE = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_PARSE_ERROR',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'ERR_JWKS_TIMEOUT',
  // The response to a request for the keys had another status than 200, or was no JSON.
  'ERR_JOSE_GENERIC',
]);

const MISCONFIGURED = new Set([
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
]);

/** Sorts the errors of openid-client and of jose. */
export function readFailure(cause: unknown): SignInFailure {
  if (cause instanceof SignInFailure) return cause;
  if (cause instanceof AuthorizationResponseError || cause instanceof ResponseBodyError) {
    const isServerError = cause instanceof ResponseBodyError && cause.status >= 500;
    const kind = isServerError ? 'unavailable' : (KIND_BY_ERROR[cause.error] ?? 'misconfigured');
    return new SignInFailure(kind, cause.error.slice(0, CODE_MAX_LENGTH), { cause });
  }
  if (cause instanceof WWWAuthenticateChallengeError) {
    return new SignInFailure('misconfigured', 'invalid_client', { cause });
  }
  if (cause instanceof ClientError || cause instanceof errors.JOSEError) {
    const code = cause.code ?? cause.name;
    if (UNAVAILABLE.has(code))
      return new SignInFailure('unavailable', code, { cause, problem: cause.message });
    return new SignInFailure(MISCONFIGURED.has(code) ? 'misconfigured' : 'invalid', code, { cause });
  }
  return new SignInFailure('unavailable', readSystemCode(cause), { cause });
}

/** The issuer chooses the text of an error. */
const CODE_MAX_LENGTH = 64;

/** The errors of `fetch` have their code in the cause. */
function readSystemCode(error: unknown): string {
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : String(name);
}
