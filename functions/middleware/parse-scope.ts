import { isUserId } from '#contract/parameters.ts';
import { parseScope, type QuotaScope } from '#core/quotas/scope.ts';
import type { Parser } from './parse-request.ts';

const SCOPE_EXPECTED = '`installation`, `group:<name>` or `user:<user id>`';

/** The scope in the path, which the gateway has decoded once. */
export const parseScopeParameter: Parser<QuotaScope> = ({ event }) => {
  const scope = parseScope(event.pathParameters?.scope ?? '', isUserId);
  return scope === undefined ? { invalid: { scope: SCOPE_EXPECTED } } : { value: scope };
};
