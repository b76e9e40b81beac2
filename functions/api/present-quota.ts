import type { QuotaAmounts, QuotaItem, QuotaPreview, QuotaRefusalBody } from '#contract/quota-bodies.ts';
import type { Held } from '#core/quotas/held.ts';
import type { QuotaRefusal } from '#core/quotas/ledger.ts';
import { QUOTA_NAMES, type QuotaName } from '#core/quotas/limits.ts';
import type { QuotaUse } from '#core/quotas/read-use.ts';
import { toIsoTime } from './present-workbench.ts';

/** The figures of a refusal. */
export function presentRefusal({ resetsAt, ...refusal }: QuotaRefusal): QuotaRefusalBody {
  const { limit, used, requested, scope, unit } = refusal;
  return { limit, used, requested, scope, unit, resets_at: toTimeOrNull(resetsAt) };
}

export function presentQuota(userId: string, { limits, used, resetsAt }: QuotaUse): QuotaItem {
  const sources = QUOTA_NAMES.flatMap((name) => {
    const { source } = limits[name];
    return source === undefined ? [] : [[name, source] as const];
  });
  return {
    user_id: userId,
    limits: amounts((name) => limits[name].max),
    used: amounts((name) => used[name]),
    sources: Object.fromEntries(sources),
    resets_at: toTimeOrNull(resetsAt),
  };
}

/** What a new workbench would leave. */
export function presentPreview(userId: string, use: QuotaUse, held: Held): QuotaPreview {
  const requested = amounts((name) => (name === 'usd_per_month' ? 0 : (held[name] ?? 0)));
  return {
    ...presentQuota(userId, use),
    requested,
    left: amounts((name) => {
      const { max } = use.limits[name];
      return max === null ? null : Math.max(0, max - use.used[name] - requested[name]);
    }),
  };
}

function toTimeOrNull(at: number | undefined): string | null {
  return at === undefined ? null : toIsoTime(at);
}

function amounts<T extends number | null>(amountOf: (name: QuotaName) => T): QuotaAmounts<T> {
  return Object.fromEntries(QUOTA_NAMES.map((name) => [name, amountOf(name)])) as unknown as QuotaAmounts<T>;
}
