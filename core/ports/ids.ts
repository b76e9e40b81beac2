/** Where identifiers come from. Deterministic in simulation, random elsewhere. */
export interface Ids {
  /**
   * A new workbench id: 10 characters of time, then 16 of randomness (80 bits), Crockford base 32 in lower
   * case. Sorts by creation time; fits a path segment and a DNS label. Never reused.
   * @param now milliseconds since 1970
   */
  workbenchId(now: number): string;
  /** A new run id: 16 characters (80 random bits), same alphabet. */
  runId(): string;
}
