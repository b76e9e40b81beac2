import { Cron } from 'croner';

/**
 * Schedules in the five fields of cron: minute, hour, day of the month, month, day of the week. See
 * docs/decisions/0039-schedules-are-cron-expressions.md.
 */

/** The longest expression, and the longest name of a time zone, in characters. They are part of the record. */
export const CRON_MAX = 32;
export const TIME_ZONE_MAX = 32;

/** Times of one schedule are at least so far apart, milliseconds. */
export const CRON_INTERVAL_MIN_MS = 15 * 60_000;

/** Numbers, lists, ranges and steps, and the names of months and days. Not the further signs that the library knows. */
const FIELD = '(?:[0-9*,/-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)+';
const FIVE_FIELDS = new RegExp(`^${FIELD}(?: ${FIELD}){4}$`, 'i');
/** The form of a name of a time zone. Part of the API. */
export const TIME_ZONE_PATTERN = '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$';
const TIME_ZONE = new RegExp(TIME_ZONE_PATTERN);

/** So many times are compared to find the shortest interval: more than a day with one every 15 minutes. */
const COMPARED_TIMES = 100;
/** A Thursday, so that a week and a month begin soon. */
const COMPARED_FROM = new Date(Date.UTC(2026, 0, 1));

/** Whether it is an expression of five fields that comes to a time, and not more often than every 15 minutes. */
export function isCron(text: string): boolean {
  if (text.length > CRON_MAX || !FIVE_FIELDS.test(text)) return false;
  try {
    const times = parse(text, 'UTC').nextRuns(COMPARED_TIMES, COMPARED_FROM);
    return (
      times.length > 0 &&
      times.every((time, n) => n === 0 || +time - Number(times[n - 1]) >= CRON_INTERVAL_MIN_MS)
    );
  } catch {
    return false;
  }
}

/** Whether it is the name of an IANA time zone that this version of Node.js knows. */
export function isTimeZone(text: string): boolean {
  if (text.length > TIME_ZONE_MAX || !TIME_ZONE.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the first time of the expression after `after`, milliseconds since 1970; undefined if there is none, or if this version
 * of Node.js does not know the time zone. A time of day that a change of the clocks leaves out comes at the moment of the change, and
 * one that it repeats comes once. With `*` or a step as minute or hour it comes at every such time that exists.
 */
export function nextTime(cron: string, timeZone: string, after: number): number | undefined {
  try {
    return parse(cron, timeZone).nextRun(new Date(after))?.getTime();
  } catch {
    return undefined;
  }
}

function parse(cron: string, timezone: string): Cron {
  return new Cron(cron, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
}
