/** Months of a bill: calendar months in UTC, `YYYY-MM`. */

export const MONTH_PATTERN = /^\d{4}-(0[1-9]|1[0-2])$/;

/** Hours of a month in list prices. */
export const MONTH_HOURS = 730;

/** @param at milliseconds since 1970 */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** The beginning of the month of this time, milliseconds since 1970. */
export function startOfMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** The beginning of the month after that of this time. */
export function startOfNextMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}
