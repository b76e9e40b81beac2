import { createHash, timingSafeEqual } from 'node:crypto';

/** Why a token is refused. For metrics and the access log; the client does not get the reason. */
export const REFUSAL_REASONS = [
  'no_key_configured',
  'missing_token',
  'token_too_long',
  'malformed_token',
  'invalid_static_key',
  'unsupported_algorithm',
  'unsupported_type',
  'invalid_signature',
  'unknown_signing_key',
  'unusable_signing_key',
  'missing_expiry',
  'expired',
  'not_yet_valid',
  'invalid_issuer',
  'invalid_audience',
  'invalid_user_claim',
  'invalid_claims',
  'invalid_run_token',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export class TokenRefused extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(`the token is refused: ${reason}`);
    this.name = 'TokenRefused';
    this.reason = reason;
  }
}

/** The maximum length of a token: 8 KiB. API Gateway accepts 10,240 bytes of request line and headers in total. */
export const TOKEN_MAX_LENGTH = 8192;

/**
 * The token in an `Authorization: Bearer …` header. The scheme is case-insensitive (RFC 9110, section 11.1). A header
 * that was sent twice arrives as one value joined by a comma and a space, which is not a token.
 * @throws TokenRefused
 */
export function parseBearerToken(header: string | undefined): string {
  if (header === undefined || header.trim() === '') throw new TokenRefused('missing_token');
  if (header.length > TOKEN_MAX_LENGTH + 'Bearer '.length) throw new TokenRefused('token_too_long');
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1];
  if (token === undefined) throw new TokenRefused('malformed_token');
  return token;
}

/** Compares tokens with the key in constant time. Both are hashed first, because timingSafeEqual needs equal lengths. */
export function staticKeyMatcher(key: string): (token: string) => boolean {
  const expected = sha256(key);
  return (token) => timingSafeEqual(sha256(token), expected);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Refusals that may end without a change of the token: it becomes valid, or the keys of the issuer are fetched again. */
const PASSING_REFUSALS: readonly RefusalReason[] = [
  'not_yet_valid',
  'unknown_signing_key',
  'unusable_signing_key',
];

/**
 * Until when a gateway may reuse a response of the authorizer, in milliseconds since 1970: a token until it expires, a
 * refusal whose reason passes not at all. API Gateway knows no such rule; it caches every response for its own time.
 */
export function responseValidUntil({
  isAuthorized,
  context,
}: {
  readonly isAuthorized: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}): number {
  if (!isAuthorized) {
    return PASSING_REFUSALS.some((reason) => reason === context.reason) ? 0 : Number.POSITIVE_INFINITY;
  }
  return context.kind === 'token' ? Number(context.expires_at) * 1000 : Number.POSITIVE_INFINITY;
}
