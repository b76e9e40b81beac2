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
