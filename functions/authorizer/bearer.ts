import { TokenRefused } from './refused.ts';

/** The longest token looked at: 8 KiB. API Gateway itself takes 10,240 bytes of request line and headers. */
export const TOKEN_MAX_LENGTH = 8192;

/**
 * The token of an `Authorization: Bearer …` header. The scheme may be in any case (RFC 9110, 11.1).
 * Header values sent twice arrive joined by a comma and a space, and are no token.
 * @throws Refused
 */
export function parseBearerToken(header: string | undefined): string {
  if (header === undefined || header.trim() === '') throw new TokenRefused('no_token');
  if (header.length > TOKEN_MAX_LENGTH + 'Bearer '.length) throw new TokenRefused('token_too_long');
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1];
  if (token === undefined) throw new TokenRefused('not_a_token');
  return token;
}
