import type { RefusalReason } from './credentials.ts';

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
