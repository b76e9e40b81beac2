import type { Clock } from '#core/ports/clock.ts';

/**
 * Returns a function that reads again only if its last result is older than `ms`. Callers at the same time share one
 * read. A failed read is not reused.
 */
export function reuseResult<T>(clock: Clock, ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly result: Promise<T> } | undefined;
  return () => {
    const now = clock.now();
    const age = last === undefined ? Number.NaN : now - last.at;
    // A negative age (the clock was set back) is not reused either.
    if (last !== undefined && age >= 0 && age < ms) return last.result;
    const result = read();
    const current = { at: now, result };
    last = current;
    result.catch(() => {
      if (last === current) last = undefined;
    });
    return result;
  };
}
