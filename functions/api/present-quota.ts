import type { QuotaAmounts, QuotaItem, QuotaPreview, QuotaRefusalBody } from '#contract/quota-bodies.ts';
import type { Held } from '#core/quotas/held.ts';
import type { QuotaRefusal } from '#core/quotas/ledger.ts';
import { QUOTA_NAMES, type QuotaName } from '#core/quotas/limits.ts';
import type { QuotaUse } from '#core/quotas/read-use.ts';

/** The figures of a refusal. No limit of this version resets with time. */
export function presentRefusal({ limit, used, requested, scope, unit }: QuotaRefusal): QuotaRefusalBody {
  return { limit, used, requested, scope, unit, resets_at: null };
}

export function presentQuota(userId: string, { limits, used }: QuotaUse): QuotaItem {
  const sources = QUOTA_NAMES.flatMap((name) => {
    const { source } = limits[name];
    return source === undefined ? [] : [[name, source] as const];
  });
  return {
    user_id: userId,
    limits: amounts((name) => limits[name].max),
    used: amounts((name) => used[name]),
    sources: Object.fromEntries(sources),
    resets_at: null,
  };
}

/** What a new workbench would leave. */
export function presentPreview(userId: string, use: QuotaUse, held: Held): QuotaPreview {
  const requested = amounts((name) => held[name] ?? 0);
  return {
    ...presentQuota(userId, use),
    requested,
    left: amounts((name) => {
      const { max } = use.limits[name];
      return max === null ? null : Math.max(0, max - use.used[name] - requested[name]);
    }),
  };
}

function amounts<T extends number | null>(amountOf: (name: QuotaName) => T): QuotaAmounts<T> {
  return Object.fromEntries(QUOTA_NAMES.map((name) => [name, amountOf(name)])) as unknown as QuotaAmounts<T>;
}
