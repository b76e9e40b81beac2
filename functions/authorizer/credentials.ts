import { createHash, timingSafeEqual } from 'node:crypto';

/** Why a token was not accepted. For metrics and the access log; the caller learns only that it was not. */
export const REFUSAL_REASONS = [
  'no_key_configured',
  'missing_token',
  'token_too_long',
  'malformed_token',
  'invalid_static_key',
  'unsupported_algorithm',
  'invalid_signature',
  'unknown_signing_key',
  'missing_expiry',
  'expired',
  'not_yet_valid',
  'invalid_issuer',
  'invalid_audience',
  'invalid_user_claim',
  'invalid_claims',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export class TokenRefused extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(`the token is refused: ${reason}`);
    this.name = 'Refused';
    this.reason = reason;
  }
}

/** The longest token looked at: 8 KiB. API Gateway itself takes 10,240 bytes of request line and headers. */
export const TOKEN_MAX_LENGTH = 8192;

/**
 * The token of an `Authorization: Bearer …` header. The scheme may be in any case (RFC 9110, 11.1).
 * Header values sent twice arrive joined by a comma and a space, and are no token.
 * @throws Refused
 */
export function parseBearerToken(header: string | undefined): string {
  if (header === undefined || header.trim() === '') throw new TokenRefused('missing_token');
  if (header.length > TOKEN_MAX_LENGTH + 'Bearer '.length) throw new TokenRefused('token_too_long');
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1];
  if (token === undefined) throw new TokenRefused('malformed_token');
  return token;
}

/**
 * Compares tokens with the key in a time that depends on neither: both are hashed first, which also makes
 * them equally long.
 */
export function staticKeyMatcher(key: string): (token: string) => boolean {
  const expected = sha256(key);
  return (token) => timingSafeEqual(sha256(token), expected);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
