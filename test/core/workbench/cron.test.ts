import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCron, isTimeZone, nextTime } from '#core/workbench/cron.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Zones with changes of the clocks by an hour and by half an hour, at midnight, to the south, and without any. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Havana',
  'America/St_Johns',
  'America/Santiago',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
];

interface Pattern {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Of the week; 0 is Sunday. Empty: all. */
  readonly days: readonly number[];
}

/** Every minute of a pattern, and every change of the clocks, is a multiple of it. */
const STEP = 5 * MINUTE;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The clock on a wall in this zone. */
function wallClock(at: number, timeZone: string) {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', weekday: 'short' },
      ...{ hour: 'numeric', minute: 'numeric' },
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    weekday: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(parts.weekday ?? ''),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}

/**
 * Finds the times of a pattern by the wall clock of each minute, without the library: a time of day comes when the clock first
 * shows it, or, if a change leaves it out, when the clock first shows a later one.
 */
function timesOf({ minutes, hours, days }: Pattern, timeZone: string, from: number, until: number): number[] {
  const wanted = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)).sort((a, b) => a - b);
  const times = new Set<number>();
  let date = '';
  let open: number[] = [];
  // From the day before, so that the first day is complete.
  for (let at = from - 48 * HOUR; at < until; at += STEP) {
    const clock = wallClock(at, timeZone);
    if (clock.date !== date) {
      ({ date } = clock);
      open = days.length === 0 || days.includes(clock.weekday) ? [...wanted] : [];
    }
    while (open.length > 0 && (open[0] ?? Infinity) <= clock.minute) {
      open.shift();
      if (at > from) times.add(at);
    }
  }
  return [...times];
}

const anyPattern: fc.Arbitrary<Pattern> = fc.record({
  minutes: fc.constantFrom([0], [30], [15], [45], [0, 30], [10, 40], [55]),
  hours: fc.oneof(
    fc.integer({ min: 0, max: 4 }).map((hour) => [hour]),
    fc.integer({ min: 0, max: 23 }).map((hour) => [hour]),
    fc.constantFrom([0, 2], [1, 2, 3], [0, 12, 23]),
  ),
  days: fc.constantFrom([], [0], [6], [1, 2, 3, 4, 5]),
});

const join = (numbers: readonly number[]) => numbers.join(',');
const toCron = ({ minutes, hours, days }: Pattern) =>
  `${join(minutes)} ${join(hours)} * * ${days.length === 0 ? '*' : join(days)}`;

const knownChanges = new Map<string, readonly number[]>();

/** The days on which the clocks of a zone change in a year. */
function changesOf(timeZone: string, year: number): readonly number[] {
  const name = `${timeZone} ${year}`;
  const known = knownChanges.get(name);
  if (known !== undefined) return known;
  const changes: number[] = [];
  const offset = (at: number) => {
    const { minute } = wallClock(at, timeZone);
    return (minute - Math.floor((at % (24 * HOUR)) / MINUTE) + 2880) % 1440;
  };
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 24 * HOUR)
    if (offset(at) !== offset(at + 24 * HOUR)) changes.push(at);
  knownChanges.set(name, changes);
  return changes;
}

describe('nextTime', () => {
  it('finds the times that the clock on a wall shows, in each zone and around each of its changes', () => {
    fc.assert(
      fc.property(
        anyPattern,
        fc.constantFrom(...ZONES),
        fc.integer({ min: 2015, max: 2035 }),
        fc.nat({ max: 9 }),
        (pattern, zone, year, n) => {
          const changes = changesOf(zone, year);
          const change = changes[n % Math.max(1, changes.length)] ?? Date.UTC(year, n, 5);
          const [from, until] = [change - 24 * HOUR, change + 48 * HOUR];
          const found: number[] = [];
          for (let at = nextTime(toCron(pattern), zone, from); at !== undefined && at < until; ) {
            found.push(at);
            at = nextTime(toCron(pattern), zone, at);
          }
          expect({ zone, cron: toCron(pattern), found }).toEqual({
            zone,
            cron: toCron(pattern),
            found: timesOf(pattern, zone, from, until),
          });
        },
      ),
      propertyRuns(40),
    );
  });

  it.each([
    // The clock goes from 2:00 to 3:00 on 29 March, and from 3:00 to 2:00 on 25 October.
    ['30 2 * * *', '2026-03-28T12:00Z', '2026-03-29T01:00:00.000Z'],
    ['30 2 * * *', '2026-10-24T12:00Z', '2026-10-25T00:30:00.000Z'],
    ['30 2 * * *', '2026-10-25T00:30Z', '2026-10-26T01:30:00.000Z'],
    ['0 8 * * 1-5', '2026-03-27T08:00Z', '2026-03-30T06:00:00.000Z'],
    ['0 8 * * MON', '2026-10-24T08:00Z', '2026-10-26T07:00:00.000Z'],
    ['*/30 * * * *', '2026-10-25T00:31Z', '2026-10-25T01:00:00.000Z'],
  ])('%s in Berlin after %s is %s', (cron, after, expected) => {
    expect(new Date(nextTime(cron, 'Europe/Berlin', Date.parse(after)) ?? 0).toISOString()).toBe(expected);
  });

  it('is later than the given time, also within its second', () => {
    const at = Date.UTC(2026, 0, 5, 8);
    expect(nextTime('0 8 * * *', 'UTC', at - 1)).toBe(at);
    for (const after of [at, at + 1, at + 999])
      expect(nextTime('0 8 * * *', 'UTC', after)).toBe(at + 24 * HOUR);
  });

  it('is undefined for a time that never comes, and in a zone that is not known', () => {
    expect(nextTime('0 0 30 2 *', 'UTC', 0)).toBeUndefined();
    expect(nextTime('0 8 * * *', 'Mars/Olympus', 0)).toBeUndefined();
  });
});

describe('isCron', () => {
  it.each(['0 8 * * *', '30 8 * * 1-5', '0 18 * * MON-FRI', '*/15 * * * *', '0 0 1 jan,jul *', '0 8 29 2 *'])(
    'accepts %s',
    (text) => {
      expect(isCron(text)).toBe(true);
    },
  );

  it.each([
    ...['', '* * * * *', '*/10 * * * *', '0,5 8 * * *', '0 8 * *', '0 0 8 * * *', '60 8 * * *', '0 24 * * *'],
    ...[
      '0 8 30 2 *',
      '0 8 L * *',
      '0 8 * * 1#2',
      '@daily',
      '0 8 ? * *',
      '0  8 * * *',
      '0 8 * * 8',
      'x 8 * * *',
    ],
    ...['0 8 * * * ', `0 ${'8,'.repeat(20)}8 * * *`, '0 8 * * MONDAY', '0 8-6 * * *', '0\t8 * * *'],
  ])('refuses %j', (text) => {
    expect(isCron(text)).toBe(false);
  });

  it('decides any text within a moment', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789*,/- mon'), maxLength: 40 }), (text) => {
        expect(typeof isCron(text)).toBe('boolean');
      }),
      { numRuns: 300 },
    );
  });
});

describe('isTimeZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/ComodRivadavia', 'Etc/GMT+5'])('accepts %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
  });

  it.each(['', 'Berlin', '+02:00', 'Europe/Nowhere', '../etc', 'UTC ', `Europe/${'x'.repeat(40)}`])(
    'refuses %j',
    (zone) => {
      expect(isTimeZone(zone)).toBe(false);
    },
  );
});
