import type { MeItem } from '#contract/response-bodies.ts';
import { groupsOf, isAdmin, type Principal } from '#core/access/principal.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { toIsoTime } from './present-workbench.ts';

/** GET /me: what the authorizer has found out about the caller. Reads nothing else. */
export function buildGetMe(ports: ApiPorts, settings: ApiSettings): ApiHandler {
  return toUserApiHandler(ports, settings, {}, async ({ userId, principal }) => ({
    status: 200,
    body: { success: true, item: presentCaller(principal, userId, settings.RESTAPI_ADMIN_SCOPE) },
  }));
}

/** Names each field, so that nothing of the token itself is returned. */
function presentCaller(principal: Principal, userId: string, adminScope: string): MeItem {
  const isOperator = isAdmin(principal, adminScope);
  const isToken = principal.kind === 'token';
  return {
    user_id: userId,
    authorization: principal.kind === 'open' ? 'none' : principal.kind,
    groups: [...groupsOf(principal, userId)],
    scopes: isToken ? [...principal.scopes] : [],
    admin: isOperator,
    acts_for_others: isOperator || (isToken && principal.service && principal.subject === undefined),
    ...(isToken ? { expires_at: toIsoTime(principal.expiresAt * 1000) } : {}),
  };
}
