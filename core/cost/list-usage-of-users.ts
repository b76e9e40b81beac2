import type { QuotaStore } from '../ports/quota-store.ts';
import type { UsageStore } from '../ports/usage-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import {
  type DayUsage,
  listUsage,
  RECORDS_MAX,
  sumDays,
  type UsagePage,
  type WorkbenchUsage,
} from './list-usage.ts';

/** What the workbenches of one user have cost in a month, or the part of it on one page. */
export interface UserUsage {
  readonly userId: string;
  readonly groups: readonly string[];
  readonly items: readonly WorkbenchUsage[];
}

/** Where a page continues. */
export interface UsersPosition {
  /** The last user of the pages before of whom everything was listed. */
  readonly after?: string;
  /** The next user, of whom the workbenches up to this one were listed. */
  readonly begun?: { readonly userId: string; readonly workbenchId: string };
}

export interface UsersUsagePage {
  /** Users whose workbenches cost nothing and did not run are left out. */
  readonly users: readonly UserUsage[];
  readonly days: readonly DayUsage[];
  readonly next?: UsersPosition;
}

/** The most users whose usage is read for a page: two queries of each, all at the same time. */
export const USERS_MAX = 25;
/** Users who are searched for a page; most may be in another group. */
const SEARCHED_MAX = 100;

/**
 * Lists what the workbenches of all users, or of those in a group, have cost in a month. A page reads a bounded number of
 * users, and of the last of them perhaps not all workbenches: the next page then begins with the rest of this user.
 * @param group undefined: all users
 * @param page limit: 1-USERS_MAX users
 */
export async function listUsageOfUsers(
  ports: {
    readonly quotas: Pick<QuotaStore, 'listUsers'>;
    readonly workbenches: Pick<WorkbenchStore, 'listByUser'>;
    readonly usage: Pick<UsageStore, 'list'>;
  },
  group: string | undefined,
  month: string,
  page: { readonly limit: number; readonly from?: UsersPosition },
  now: number,
): Promise<UsersUsagePage> {
  const { after, begun } = page.from ?? {};
  const searched = await ports.quotas.listUsers({
    limit: SEARCHED_MAX,
    ...(after === undefined ? {} : { after }),
  });
  const found = searched.users.filter(({ groups }) => group === undefined || groups.includes(group));
  const users = found.slice(0, page.limit);
  const pages = await Promise.all(
    users.map(async (user) => {
      const rest = user.userId === begun?.userId ? { after: begun.workbenchId } : {};
      const records = { limit: RECORDS_MAX, ...rest };
      return { ...user, page: await listUsage(ports, user.userId, month, records, now) };
    }),
  );
  const cut = pages.findIndex((one) => one.page.next !== undefined);
  const listed = cut < 0 ? pages : pages.slice(0, cut + 1);
  const next =
    positionIn(listed, after) ??
    positionBehind(users.length < found.length ? users.at(-1)?.userId : searched.next);
  return {
    users: listed.flatMap(({ userId, groups, page: { items } }) =>
      items.length === 0 ? [] : [{ userId, groups, items }],
    ),
    days: sumDays(listed.flatMap((one) => one.page.days)),
    ...(next === undefined ? {} : { next }),
  };
}

/** Undefined if everything of the last user is listed. @param after the last user of the page before */
function positionIn(
  listed: readonly { readonly userId: string; readonly page: UsagePage }[],
  after: string | undefined,
): UsersPosition | undefined {
  const last = listed.at(-1);
  const workbenchId = last?.page.next;
  if (last === undefined || workbenchId === undefined) return undefined;
  const { userId } = last;
  return { ...positionBehind(listed.at(-2)?.userId ?? after), begun: { userId, workbenchId } };
}

function positionBehind(after: string | undefined): UsersPosition | undefined {
  return after === undefined ? undefined : { after };
}
