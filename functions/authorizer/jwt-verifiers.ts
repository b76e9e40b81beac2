import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { type RefusalReason, TokenRefused } from './credentials.ts';

/** Verifies a token and answers its claims. Any error but `Refused` means that it could not be decided. */
export type VerifyToken = (token: string, now: Date) => Promise<JWTPayload>;

/** What an issuer may sign with: its public keys verify, so that nothing of ours could forge a token. */
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

/** After a fetch, an unknown key id causes no other one for this long: strangers must not make us call the issuer. */
const JWKS_COOLDOWN_MS = 30_000;
/** Keys are fetched anew after this, so that a withdrawn one is forgotten. */
const JWKS_MAX_AGE_MS = 600_000;

export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** How long its keys are waited for, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * The algorithm that a token claims to be signed with: which kind of token it is, and nothing more. The
 * verifiers pin their algorithms themselves.
 * @throws Refused when it is no signed token
 */
export function readAlgorithm(token: string): string {
  try {
    const { alg } = decodeProtectedHeader(token);
    if (typeof alg === 'string') return alg;
  } catch {
    // Not a token, as below.
  }
  throw new TokenRefused('malformed_token');
}

/** Tokens signed with a secret of ours. */
export function hs256Verifier(secret: string): VerifyToken {
  const key = new TextEncoder().encode(secret);
  return async (token, now) => {
    const options = { algorithms: ['HS256'], requiredClaims: ['exp'], currentDate: now };
    const { payload } = await jwtVerify(token, key, options).catch(throwRefusal);
    return payload;
  };
}

/** Tokens of an OpenID Connect issuer, verified with the keys that it publishes. */
export function issuerVerifier({ issuer, audience, jwksUrl, timeoutMs }: Issuer): VerifyToken {
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: timeoutMs,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
  });
  return async (token, now) => {
    const options = {
      algorithms: PUBLIC_KEY_ALGORITHMS,
      issuer,
      audience,
      requiredClaims: ['exp'],
      currentDate: now,
    };
    const { payload } = await jwtVerify(token, keys, options).catch(throwRefusal);
    return payload;
  };
}

export function isPublicKeyAlgorithm(algorithm: string): boolean {
  return PUBLIC_KEY_ALGORITHMS.includes(algorithm);
}

/** Turns what is wrong with the token into a refusal; what is wrong with the issuer is passed on. */
function throwRefusal(error: unknown): never {
  const { code, claim } = error as { readonly code?: unknown; readonly claim?: unknown };
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED')
    throw new TokenRefused(REASONS_BY_CLAIM[String(claim)] ?? 'invalid_claims');
  const reason = REASONS_BY_JOSE_CODE[String(code)];
  throw reason === undefined ? error : new TokenRefused(reason);
}

/** Codes of jose that speak of the token. All others (time-out, bad key set, no connection) speak of the issuer. */
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
