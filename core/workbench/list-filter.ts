import type { Status } from './history.ts';
import type { Labels } from './labels.ts';
import { isDeleted, type Workbench } from './workbench.ts';

/** Which workbenches a list has. A workbench must match every field; without fields it has all that are not deleted. */
export interface ListFilter {
  /** Those that a user has deleted and can restore, and no others. @default false */
  readonly deleted?: boolean;
  readonly status?: Status;
  /** The whole name. */
  readonly name?: string;
  /** A part of the name, the id, or the value of a label; upper and lower case are the same. */
  readonly text?: string;
  /** The workbench must have all of them. */
  readonly labels?: Labels;
}

export function matchesFilter(
  workbench: Workbench,
  { deleted = false, status, name, text, labels = {} }: ListFilter,
): boolean {
  const own: Labels = workbench.labels ?? {};
  return (
    isDeleted(workbench) === deleted &&
    (status === undefined || workbench.status === status) &&
    (name === undefined || workbench.name === name) &&
    (text === undefined ||
      containsText([workbench.name, workbench.workbenchId, ...Object.values(own)], text)) &&
    Object.entries(labels).every(([key, value]) => Object.hasOwn(own, key) && own[key] === value)
  );
}

function containsText(texts: readonly string[], part: string): boolean {
  const searched = part.toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(searched));
}

interface Page {
  /** 1-100. */
  readonly limit: number;
  /** The id of the last workbench before the page. */
  readonly after?: string;
}

interface Entries<T> {
  readonly entries: readonly T[];
  /** The `after` of the next page; absent on the last. */
  readonly next?: string | undefined;
}

/** The most entries that one call of `listMatching` reads at once. */
const READ_AT_ONCE = 100;

/**
 * Returns a page of the entries that match. It may have fewer than `limit`, or none, even if another page follows: no more
 * than `readsMax` pages of the unfiltered list are read, besides the first one if it has deleted workbenches.
 */
export async function listMatching<T extends { readonly workbench: Workbench }>(
  read: (page: Page) => Promise<Entries<T>>,
  filter: ListFilter,
  { limit, after }: Page,
  readsMax: number,
): Promise<Entries<T>> {
  if (Object.keys(filter).length === 0) {
    // Hardly any page has deleted workbenches: one read of `limit` entries is the page.
    const page = await read({ limit, ...(after === undefined ? {} : { after }) });
    if (page.entries.every(({ workbench }) => !isDeleted(workbench))) return page;
  }
  const found: T[] = [];
  let position = after;
  for (let reads = 0; reads < readsMax; reads += 1) {
    const { entries, next } = await read({
      limit: READ_AT_ONCE,
      ...(position === undefined ? {} : { after: position }),
    });
    for (const [index, entry] of entries.entries()) {
      if (!matchesFilter(entry.workbench, filter)) continue;
      found.push(entry);
      if (found.length < limit) continue;
      const isLast = index === entries.length - 1 && next === undefined;
      return { entries: found, next: isLast ? undefined : entry.workbench.workbenchId };
    }
    if (next === undefined) return { entries: found };
    position = next;
  }
  return { entries: found, next: position };
}
