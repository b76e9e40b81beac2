import { type QuotaSettings, quotaDefaultsOf } from '#contract/settings/policy.ts';
import { provedGroups } from '#core/access/principal.ts';
import type { QuotaPorts } from '#core/quotas/hold-quota.ts';
import { readUse } from '#core/quotas/read-use.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { presentQuota } from './present-quota.ts';

/** GET /quotas: one BatchGetItem call. Without a ledger also Query calls for the records of the user. */
export function build(ports: ApiPorts & QuotaPorts, settings: ApiSettings & QuotaSettings): ApiHandler {
  const defaults = quotaDefaultsOf(settings);
  return toUserApiHandler(ports, settings, {}, async ({ userId, principal }) => {
    const use = await readUse(ports, defaults, { userId, groups: provedGroups(principal, userId) });
    return { status: 200, body: { success: true, item: presentQuota(userId, use) } };
  });
}
