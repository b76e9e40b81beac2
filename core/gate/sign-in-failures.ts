/**
 * Why a sign-in did not succeed.
 * - `unavailable`: the issuer did not respond, or responded with an error of its own
 * - `refused`: the issuer did not admit the user, or the user did not continue
 * - `invalid`: the response or the token is not valid, not for this browser, or was used before
 * - `misconfigured`: the issuer does not accept the client
 * - `claim_missing`: the ID token has no user_id
 */
export const SIGN_IN_FAILURES = [
  'unavailable',
  'refused',
  'invalid',
  'misconfigured',
  'claim_missing',
] as const;
export type SignInFailureReason = (typeof SIGN_IN_FAILURES)[number];
