import { DAY_MS } from '../ports/audit-store.ts';

/** Months of a bill: calendar months in UTC, `YYYY-MM`. */

export const MONTH_PATTERN = /^\d{4}-(0[1-9]|1[0-2])$/;

/** Hours of a month in list prices. */
export const MONTH_HOURS = 730;

/** @param at milliseconds since 1970 */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** The day of the month of this time (UTC), from 1. */
export function dayOfMonth(at: number): number {
  return new Date(at).getUTCDate();
}

/** The beginning of the day of this time (UTC), milliseconds since 1970. */
export function startOfDay(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/** The beginning of the day after that of this time (UTC), milliseconds since 1970. */
export function startOfNextDay(at: number): number {
  return startOfDay(at) + DAY_MS;
}

/** The beginning of the month after that of this time. */
export function startOfNextMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}
