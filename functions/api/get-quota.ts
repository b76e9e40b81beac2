import type { QuotaStore } from '#core/ports/quota-store.ts';
import { formatScope } from '#core/quotas/scope.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseValues } from '../middleware/parse-request.ts';
import { parseScopeParameter } from '../middleware/parse-scope.ts';

/** GET /quotas/{scope} */
export function build(
  ports: ApiPorts & { readonly quotas: Pick<QuotaStore, 'readLimits'> },
  settings: ApiSettings,
): ApiHandler {
  return toAdminApiHandler(ports, settings, async ({ event }) => {
    const { scope } = await parseValues(event, { scope: parseScopeParameter });
    const limits = await ports.quotas.readLimits(scope);
    return { status: 200, body: { success: true, item: { scope: formatScope(scope), limits } } };
  });
}
