import { quotaBodySchema } from '#contract/quota-bodies.ts';
import type { QuotaStore } from '#core/ports/quota-store.ts';
import { QUOTA_NAMES, type QuotaLimits } from '#core/quotas/limits.ts';
import { formatScope, type QuotaScope } from '#core/quotas/scope.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseValues } from '../middleware/parse-request.ts';
import { parseScopeParameter } from '../middleware/parse-scope.ts';

/** PUT /quotas/{scope} */
export function build(
  ports: ApiPorts & { readonly quotas: Pick<QuotaStore, 'writeLimits'> },
  settings: ApiSettings,
): ApiHandler {
  const parsers = { scope: parseScopeParameter, body: jsonBodyOf(quotaBodySchema()) };
  return toAdminApiHandler(ports, settings, async ({ event, audit }) => {
    const { scope, body } = await parseValues(event, parsers);
    const limits: QuotaLimits = Object.fromEntries(
      QUOTA_NAMES.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]] as const])),
    );
    await audit.recordChange({ ...auditedSubject(scope), detail: { limits: auditedLimits(limits) } });
    await ports.quotas.writeLimits(scope, limits);
    return { status: 200, body: { success: true, item: { scope: formatScope(scope), limits } } };
  });
}

/** At most 126 bytes: an event keeps 128 of a text. */
function auditedLimits(limits: QuotaLimits): string {
  return Object.entries(limits)
    .map(([name, max]) => `${name === 'usd_per_month' ? 'usd' : name} ${max ?? 'none'}`)
    .join(', ');
}

/** Whom the limits concern; of the installation every user. */
function auditedSubject(scope: QuotaScope) {
  switch (scope.kind) {
    case 'installation':
      return { subject: { kind: 'organisation' } as const };
    case 'group':
      return { subject: { kind: 'group', id: scope.group } as const };
    case 'user':
      return { subject: { kind: 'user', id: scope.userId } as const };
  }
}
