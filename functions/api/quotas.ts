import { isUserId } from '#contract/parameters.ts';
import { quotaBodySchema } from '#contract/quota-bodies.ts';
import { type QuotaSettings, quotaDefaultsOf } from '#contract/settings/policy.ts';
import { provedGroups } from '#core/access/principal.ts';
import type { QuotaStore } from '#core/ports/quota-store.ts';
import type { QuotaPorts } from '#core/quotas/hold-quota.ts';
import {
  formatScope,
  parseScope,
  QUOTA_NAMES,
  type QuotaLimits,
  type QuotaScope,
} from '#core/quotas/limits.ts';
import { readUse } from '#core/quotas/read-use.ts';
import {
  type ApiPorts,
  type ApiSettings,
  toAdminApiHandler,
  toUserApiHandler,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { type Parser, parseValues } from '../middleware/parse-request.ts';
import { presentQuota } from './present-quota.ts';

/** GET /quotas: one BatchGetItem call. Without a ledger also Query calls for the records of the user. */
export function buildGetOwnQuota(
  ports: ApiPorts & QuotaPorts,
  settings: ApiSettings & QuotaSettings,
): ApiHandler {
  const defaults = quotaDefaultsOf(settings);
  return toUserApiHandler(ports, settings, {}, async ({ userId, principal }) => {
    const use = await readUse(ports, defaults, { userId, groups: provedGroups(principal, userId) });
    return { status: 200, body: { success: true, item: presentQuota(userId, use) } };
  });
}

/** GET /quotas/{scope} */
export function buildGetQuota(
  ports: ApiPorts & { readonly quotas: Pick<QuotaStore, 'readLimits'> },
  settings: ApiSettings,
): ApiHandler {
  return toAdminApiHandler(ports, settings, async ({ event }) => {
    const { scope } = await parseValues(event, { scope: parseScopeParameter });
    const limits = await ports.quotas.readLimits(scope);
    return { status: 200, body: { success: true, item: { scope: formatScope(scope), limits } } };
  });
}

/** PUT /quotas/{scope} */
export function buildSetQuota(
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

const SCOPE_EXPECTED = '`installation`, `group:<name>` or `user:<user id>`';

/** The scope in the path, which the gateway has decoded once. */
const parseScopeParameter: Parser<QuotaScope> = ({ event }) => {
  const scope = parseScope(event.pathParameters?.scope ?? '', isUserId);
  return scope === undefined ? { invalid: { scope: SCOPE_EXPECTED } } : { value: scope };
};
