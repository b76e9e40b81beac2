import {
  decodeProtectedHeader,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { type RefusalReason, TokenRefused } from './credentials.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/**
 * Verifies a token and returns its claims.
 * @throws TokenRefused if the token is invalid; any other error if it could not be verified
 */
export type VerifyToken = (token: string, now: Date) => Promise<JWTPayload>;

/** The algorithms that are accepted from an issuer. They are asymmetric: a public key cannot be used to forge a token. */
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
];

/**
 * How far `nbf` and `iat` may be ahead of our clock, in seconds. Issuers set them to the current time of their own clock,
 * and clocks differ. `exp` has no tolerance, since the functions compare it again on every request.
 */
const CLOCK_TOLERANCE_SECONDS = 5;

export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: Pick<IssuerKeys, 'find'>;
}

/**
 * The algorithm in the header of a token. It only selects the verifier; each verifier accepts its own algorithms only.
 * @throws TokenRefused if it is not a signed token
 */
export function readAlgorithm(token: string): string {
  try {
    const { alg } = decodeProtectedHeader(token);
    if (typeof alg === 'string') return alg;
  } catch {
    // Refused below.
  }
  throw new TokenRefused('malformed_token');
}

/** Verifies tokens that are signed with the secret of the controller. */
export function hs256Verifier(secret: string): VerifyToken {
  const key = new TextEncoder().encode(secret);
  return async (token, now) => {
    const options = { ...timeOptions(now), algorithms: ['HS256'] };
    return checkVerified(await jwtVerify(token, key, options).catch(throwRefusal), now);
  };
}

/** Verifies tokens of an OpenID Connect issuer with the keys that it publishes. */
export function issuerVerifier({ issuer, audience, keys }: Issuer): VerifyToken {
  const findKey: JWTVerifyGetKey = (header, token) => keys.find(header, token);
  return async (token, now) => {
    const options = { ...timeOptions(now), algorithms: PUBLIC_KEY_ALGORITHMS, issuer, audience };
    return checkVerified(await jwtVerify(token, findKey, options).catch(throwRefusal), now);
  };
}

function timeOptions(now: Date) {
  return { requiredClaims: ['exp'], currentDate: now, clockTolerance: CLOCK_TOLERANCE_SECONDS };
}

/**
 * Makes the checks for which jose has no option. It accepts one `typ` only, its tolerance also applies to `exp`, and it
 * ignores `iat`.
 * @throws TokenRefused
 */
function checkVerified({ payload, protectedHeader }: JWTVerifyResult, now: Date): JWTPayload {
  if (!isAccessTokenType(protectedHeader.typ)) throw new TokenRefused('unsupported_type');
  const { exp, iat } = payload;
  if (exp !== undefined && exp * 1000 <= now.getTime()) throw new TokenRefused('expired');
  if (iat !== undefined && (iat - CLOCK_TOLERANCE_SECONDS) * 1000 > now.getTime()) {
    throw new TokenRefused('not_yet_valid');
  }
  return payload;
}

/**
 * An issuer also signs tokens that are no access tokens, such as `logout+jwt`, with the same keys and audience (RFC 8725,
 * section 3.11). The type is a media type without `application/`, in any case (RFC 7515, section 4.1.9).
 */
function isAccessTokenType(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ));
}

export function isPublicKeyAlgorithm(algorithm: string): boolean {
  return PUBLIC_KEY_ALGORITHMS.includes(algorithm);
}

/** Converts errors about the token into refusals, and rethrows errors about the issuer. */
function throwRefusal(error: unknown): never {
  const { code, claim } = error as { readonly code?: unknown; readonly claim?: unknown };
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED')
    throw new TokenRefused(REASONS_BY_CLAIM[String(claim)] ?? 'invalid_claims');
  const reason = REASONS_BY_JOSE_CODE[String(code)];
  throw reason === undefined ? error : new TokenRefused(reason);
}

/** The error codes of jose that concern the token. All others concern the issuer. */
const REASONS_BY_JOSE_CODE: Readonly<Record<string, RefusalReason>> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWT_INVALID: 'malformed_token',
  ERR_JWS_INVALID: 'malformed_token',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'invalid_signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'unsupported_algorithm',
  ERR_JOSE_NOT_SUPPORTED: 'unsupported_algorithm',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown_signing_key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'unknown_signing_key',
};

const REASONS_BY_CLAIM: Readonly<Record<string, RefusalReason>> = {
  exp: 'missing_expiry',
  nbf: 'not_yet_valid',
  iss: 'invalid_issuer',
  aud: 'invalid_audience',
};
