import type { UsageDay, UsageItem, UsageSum, UserUsageItem } from '#contract/cost-bodies.ts';
import type { DayUsage, WorkbenchUsage } from '#core/cost/list-usage.ts';
import type { UserUsage } from '#core/cost/list-usage-of-users.ts';
import { toUsd } from '#core/cost/rates.ts';

/** What was counted; times and money as the core counts them. */
type Counted = Pick<WorkbenchUsage, 'micros' | 'ms'>;

export function presentUsage(userId: string, { workbenchId, name, micros, ms }: WorkbenchUsage): UsageItem {
  return { workbench_id: workbenchId, workbench_name: name, user_id: userId, ...presentSum({ micros, ms }) };
}

export function presentUser({ userId, groups, items }: UserUsage): UserUsageItem {
  return { user_id: userId, groups: [...groups], ...sumOfUsage(items) };
}

/** @param month `YYYY-MM` */
export function presentDay(month: string, { day, ...counted }: DayUsage): UsageDay {
  return { day: `${month}-${String(day).padStart(2, '0')}`, ...presentSum(counted) };
}

export function sumOfUsage(items: readonly Counted[]): UsageSum {
  const total = (amountOf: (item: Counted) => number) => items.reduce((sum, item) => sum + amountOf(item), 0);
  return presentSum({ micros: total(({ micros }) => micros), ms: total(({ ms }) => ms) });
}

const HOUR_MS = 3_600_000;

/** Hours to a thousandth: four seconds. */
function presentSum({ micros, ms }: Counted): UsageSum {
  return { hours_running: Math.round((ms / HOUR_MS) * 1000) / 1000, usd: toUsd(micros) };
}
