import type { UsageEntry, UsageStore } from '../ports/usage-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { Workbench } from '../workbench/workbench.ts';
import { openUsage } from './metering.ts';

/** What one workbench has cost one owner in one month. */
export interface WorkbenchUsage {
  readonly workbenchId: string;
  readonly name: string;
  /** Millionths of a USD. */
  readonly micros: number;
  /** Milliseconds for which it ran. */
  readonly ms: number;
}

/** What workbenches have cost on one day. */
export interface DayUsage extends Omit<WorkbenchUsage, 'workbenchId' | 'name'> {
  /** Day of the month, from 1. */
  readonly day: number;
}

export interface UsagePage {
  /** Newest workbench first. Workbenches that cost nothing and did not run are left out. */
  readonly items: readonly WorkbenchUsage[];
  /** The same sums by day, in order. What a version counted that counted by month only is in none. */
  readonly days: readonly DayUsage[];
  /** The `after` of the next page; absent on the last. */
  readonly next?: string;
}

export interface ListUsagePorts {
  readonly workbenches: Pick<WorkbenchStore, 'listByUser'>;
  readonly usage: Pick<UsageStore, 'list'>;
}

/** The most entries that are read for a page. A workbench has about one for each day on which it was used. */
const ENTRIES_MAX = 1000;

/**
 * Lists what the workbenches of a user have cost in a month, deleted ones included: from the meters of the records, and
 * from the entries of ended meters. One query of each for a page.
 *
 * The records are read first. A meter that ends in between is then in both, and counts once by its number.
 * @param page limit: 1-100 records; after: the last workbench id of the page before
 */
export async function listUsage(
  ports: ListUsagePorts,
  userId: string,
  month: string,
  page: { readonly limit: number; readonly after?: string },
  now: number,
): Promise<UsagePage> {
  const { workbenches, next } = await ports.workbenches.listByUser(userId, page);
  const after = page.after === undefined ? {} : { after: page.after };
  const entries = await ports.usage.list(userId, month, { limit: ENTRIES_MAX, ...after });
  const isComplete = completenessOf(entries, next);
  const included = workbenches.filter(({ workbenchId }) => isComplete(workbenchId));
  const counted = countOnce(
    included,
    entries.filter(({ workbenchId }) => isComplete(workbenchId)),
    month,
    now,
  );
  const ids = [...included, ...counted].map(({ workbenchId }) => workbenchId).sort();
  const hasMore = next !== undefined || entries.length === ENTRIES_MAX;
  return {
    items: sumUp(counted).filter(({ micros, ms }) => micros > 0 || ms > 0),
    days: sumDays(counted.flatMap(({ days = [] }) => days)),
    ...(hasMore && ids[0] !== undefined ? { next: ids[0] } : {}),
  };
}

/** What the workbenches of a user have cost in a month, millionths of a USD. */
export async function sumUsage(
  ports: ListUsagePorts,
  userId: string,
  month: string,
  now: number,
): Promise<number> {
  let micros = 0;
  let after: string | undefined;
  do {
    const page = { limit: RECORDS_MAX, ...(after === undefined ? {} : { after }) };
    const { items, next } = await listUsage(ports, userId, month, page, now);
    for (const item of items) micros += item.micros;
    after = next;
  } while (after !== undefined);
  return micros;
}

/** The most workbenches that one page lists. */
export const RECORDS_MAX = 100;

/**
 * Of two lists that each end somewhere, the page has the workbenches that both lists have reached. The entries of the
 * last workbench of a full list may not all be in it.
 */
function completenessOf(
  entries: readonly UsageEntry[],
  lastRecord: string | undefined,
): (workbenchId: string) => boolean {
  const lastEntry = entries.length === ENTRIES_MAX ? entries.at(-1)?.workbenchId : undefined;
  const isOneOnly = entries[0]?.workbenchId === lastEntry;
  return (workbenchId) =>
    (lastRecord === undefined || workbenchId >= lastRecord) &&
    (lastEntry === undefined || workbenchId > lastEntry || (isOneOnly && workbenchId === lastEntry));
}

/** What the meters of the records and the entries have counted in the month, each meter once. */
function countOnce(
  workbenches: readonly Workbench[],
  entries: readonly UsageEntry[],
  month: string,
  now: number,
): readonly UsageEntry[] {
  const seqs = new Map(workbenches.map(({ workbenchId, meter }) => [workbenchId, meter?.seq]));
  // The meter of a record that was read before it ended, or of one whose deletion is not complete.
  const ended = entries.filter(({ workbenchId, seq }) => seqs.get(workbenchId) !== seq);
  const open = workbenches.flatMap((workbench) => openUsage(workbench, now));
  return [...open, ...ended].filter((sum) => sum.month === month);
}

function sumUp(counted: readonly UsageEntry[]): readonly WorkbenchUsage[] {
  const sums = new Map<string, WorkbenchUsage>();
  for (const { workbenchId, name, micros, ms } of counted) {
    const sum = sums.get(workbenchId) ?? { workbenchId, name, micros: 0, ms: 0 };
    sums.set(workbenchId, { ...sum, micros: sum.micros + micros, ms: sum.ms + ms });
  }
  return [...sums.values()].sort((one, other) => (one.workbenchId < other.workbenchId ? 1 : -1));
}

/** The sum of each day, in order. */
export function sumDays(counted: readonly DayUsage[]): readonly DayUsage[] {
  const sums = new Map<number, DayUsage>();
  for (const { day, micros, ms } of counted) {
    const sum = sums.get(day) ?? { day, micros: 0, ms: 0 };
    sums.set(day, { day, micros: sum.micros + micros, ms: sum.ms + ms });
  }
  return [...sums.values()].sort((one, other) => one.day - other.day);
}
