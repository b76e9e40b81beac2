import type { UsagePage } from './workbench.ts';

type UserUsage = NonNullable<UsagePage['users']>[number];
type DayUsage = UsagePage['days'][number];

/** Whose usage, and of which month. `group` and `all` are for administrators. */
export interface UsageFilter {
  /** `YYYY-MM`; by default the present month (UTC). */
  readonly month?: string;
  /** The users in this group, instead of one user. */
  readonly group?: string;
  /** All users, instead of one. */
  readonly all?: boolean;
}

/** What workbenches have cost in a month, over all pages. */
export interface UsageReport extends Pick<UsagePage, 'month' | 'items' | 'total' | 'currency' | 'basis'> {
  /** The sum of each user; empty without `group` and `all`. */
  readonly users: readonly UserUsage[];
  readonly days: readonly DayUsage[];
}

/** Adds up the pages of one list. @throws TypeError without a page */
export function addUpUsage(pages: readonly UsagePage[]): UsageReport {
  const [first] = pages;
  if (first === undefined) throw new TypeError('there is no page of usage');
  const { month, currency, basis } = first;
  const users = addUp(
    pages.flatMap((page) => page.users ?? []),
    (user) => user.user_id,
  );
  const days = addUp(
    pages.flatMap((page) => page.days),
    (day) => day.day,
  );
  const [total] = addUp(
    pages.map((page) => page.total),
    () => '',
  );
  return {
    ...{ month, currency, basis, users },
    items: pages.flatMap((page) => page.items),
    days: days.sort((a, b) => (a.day < b.day ? -1 : 1)),
    total: total ?? first.total,
  };
}

/** Adds up the sums with the same name. Rounded as the API rounds, since sums of decimals are not exact. */
function addUp<T extends UsagePage['total']>(sums: readonly T[], nameOf: (sum: T) => string): T[] {
  const added = new Map<string, T>();
  for (const sum of sums) {
    const before = added.get(nameOf(sum));
    added.set(nameOf(sum), {
      ...sum,
      hours_running: round((before?.hours_running ?? 0) + sum.hours_running, 3),
      usd: round((before?.usd ?? 0) + sum.usd, 6),
    });
  }
  return [...added.values()];
}

function round(amount: number, digits: number): number {
  return Number(amount.toFixed(digits));
}
