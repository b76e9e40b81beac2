import { inject } from 'vitest';

/** The number of values of a property without a number of its own, in the full lane. */
const FULL_LANE_RUNS = 100;

/**
 * Options of a property that costs much, or must meet many cases.
 * @param full the number of values in the full lane. The default lane draws the same share of them as of other properties.
 */
export function propertyRuns(full: number): { readonly numRuns: number } {
  return { numRuns: Math.ceil((full * inject('propertyRuns')) / FULL_LANE_RUNS) };
}
