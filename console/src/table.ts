/** Rows of the list of operators: filtered, sorted, in pages. Pure, so that thousands of rows need no request. */

export interface Row {
  readonly workbenchId: string;
  readonly name: string;
  readonly owner: string;
  readonly status: string;
  /** Empty: on no machine. */
  readonly machine: string;
}

export type Column = 'name' | 'owner' | 'status' | 'machine';

export interface View {
  /** A part of name, owner, machine or id. */
  readonly filter: string;
  /** Empty: all. */
  readonly status: string;
  readonly sort: Column;
  readonly descending: boolean;
  /** From 1. */
  readonly page: number;
}

export interface Shown {
  readonly rows: readonly Row[];
  /** From 1, at most `pages`. */
  readonly page: number;
  readonly pages: number;
  /** All that match. */
  readonly count: number;
}

export const ROWS_PER_PAGE = 25;

export function showRows(all: readonly Row[], { filter, status, sort, descending, page }: View): Shown {
  const wanted = filter.trim().toLowerCase();
  const matching = all.filter(
    (row) =>
      (status === '' || row.status === status) &&
      [row.name, row.owner, row.machine, row.workbenchId].some((text) => text.toLowerCase().includes(wanted)),
  );
  const order = descending ? -1 : 1;
  matching.sort(
    (a, b) =>
      order * (compare(a[sort], b[sort]) || compare(a.name, b.name) || compare(a.workbenchId, b.workbenchId)),
  );
  const pages = Math.max(1, Math.ceil(matching.length / ROWS_PER_PAGE));
  const shown = Math.min(page, pages);
  const first = (shown - 1) * ROWS_PER_PAGE;
  return { rows: matching.slice(first, first + ROWS_PER_PAGE), page: shown, pages, count: matching.length };
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** How many requests of one click run at the same time: the API throttles more. */
const PARALLEL = 4;

export interface Outcome<T> {
  readonly item: T;
  /** Undefined: the request was accepted. */
  readonly error?: unknown;
}

/** Calls `act` for each item and returns all outcomes: a failure does not keep the others from being tried. */
export async function runMany<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
): Promise<readonly Outcome<T>[]> {
  const outcomes: Outcome<T>[] = [];
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await act(item);
        outcomes.push({ item });
      } catch (error) {
        outcomes.push({ item, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, work));
  return outcomes;
}
