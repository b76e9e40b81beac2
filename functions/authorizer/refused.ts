/** Why a token was not accepted. For metrics and the access log; the caller learns only that it was not. */
export const REFUSAL_REASONS = [
  'no_key_configured',
  'no_token',
  'token_too_long',
  'not_a_token',
  'wrong_key',
  'algorithm',
  'signature',
  'unknown_signing_key',
  'no_expiry',
  'expired',
  'not_yet_valid',
  'issuer',
  'audience',
  'user_claim',
  'claims',
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
