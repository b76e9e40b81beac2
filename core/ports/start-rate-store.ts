/** The span in which starts are counted, milliseconds. */
export const START_RATE_SPAN_MS = 60_000;

/** How long a count is kept after its minute began, milliseconds: long enough for clocks that differ. */
export const START_COUNT_RETENTION_MS = 60 * 60 * 1000;

/**
 * The number of starts of each user in each minute. A request counts its start before it writes the record, so that a
 * request that fails afterwards is counted too. A caller that repeats an attempt whose response was lost may count
 * a start twice; no start is left out. All methods throw PortError.
 */
export interface StartRateStore {
  /**
   * Counts a start of the user in a minute unless `max` starts are already counted in it. Of concurrent calls at most
   * `max` return `counted`.
   * @param minute its beginning, milliseconds since 1970: a multiple of START_RATE_SPAN_MS
   * @param max 1 or more
   */
  count(userId: string, minute: number, max: number): Promise<'counted' | 'full'>;
}
