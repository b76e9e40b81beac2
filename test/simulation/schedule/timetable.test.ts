import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextTime } from '#core/workbench/cron.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';
import { CLOCK_CHANGES, offsetOf, timesBetween, timesOfDayAt, toCron } from './timetable.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BERLIN = 'Europe/Berlin';

it.each(CLOCK_CHANGES)('the clocks of $zone change at $at', ({ zone, at }) => {
  expect(offsetOf(zone, at - 1)).not.toBe(offsetOf(zone, at));
  expect(offsetOf(zone, at - 1)).toBe(offsetOf(zone, at - HOUR));
  expect(offsetOf(zone, at)).toBe(offsetOf(zone, at + HOUR));
});

it('a time that does not exist comes at the change, and one that exists twice comes once', () => {
  const half = { minutes: [30], hours: [2] };
  const spring = Date.UTC(2030, 2, 31, 1);
  expect(timesBetween(half, BERLIN, spring - 12 * HOUR, spring + 6 * HOUR)).toEqual([spring]);
  const autumn = Date.UTC(2030, 9, 27, 1);
  expect(timesBetween(half, BERLIN, autumn - 12 * HOUR, autumn + 6 * HOUR)).toEqual([autumn - 30 * MINUTE]);
  expect(timesBetween(half, BERLIN, autumn, autumn + 6 * HOUR)).toEqual([]);
});

it('a time of every hour comes whenever the clock shows it', () => {
  const hourly = { minutes: [30] };
  const autumn = Date.UTC(2030, 9, 27, 1);
  expect(timesBetween(hourly, BERLIN, autumn - HOUR, autumn + 2 * HOUR)).toEqual([
    autumn - 30 * MINUTE,
    autumn + 30 * MINUTE,
    autumn + 90 * MINUTE,
  ]);
});

it('finds the times that the product finds, around each change', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CLOCK_CHANGES),
      fc.integer({ min: -180, max: 120 }),
      fc.integer({ min: -60, max: 90 }),
      fc.constantFrom('once', 'list', 'hourly', 'on_its_day', 'on_another_day'),
      ({ zone, at }, begins, inMinutes, form) => {
        const from = at + begins * MINUTE;
        const until = from + 4 * HOUR;
        const times = timesOfDayAt(from, zone, inMinutes, form);
        const found: number[] = [];
        let next = nextTime(toCron(times), zone, from);
        for (; next !== undefined && next <= until; next = nextTime(toCron(times), zone, next))
          found.push(next);
        expect(found).toEqual(timesBetween(times, zone, from, until));
      },
    ),
    propertyRuns(100),
  );
});
