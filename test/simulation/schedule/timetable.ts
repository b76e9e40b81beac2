import type { Tape } from '../tape.ts';

/**
 * The schedules of workbenches, here called timetables because a schedule is also a run of the simulation. Their times are found by
 * the wall clock of `Intl`, without the library that the product uses.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY_MINUTES = 24 * 60;
/** Every change of the clocks is a multiple of it. */
const SLOT = 15 * MINUTE;
/** No change of the clocks is by more than this. */
const CHANGE_MAX_MS = HOUR;

/** Changes of the clocks by an hour and by half an hour, forward and back. The test compares them with `Intl`. */
export const CLOCK_CHANGES = [
  { zone: 'Europe/Berlin', at: Date.UTC(2030, 2, 31, 1) },
  { zone: 'Europe/Berlin', at: Date.UTC(2030, 9, 27, 1) },
  { zone: 'America/New_York', at: Date.UTC(2030, 2, 10, 7) },
  { zone: 'America/New_York', at: Date.UTC(2030, 10, 3, 6) },
  { zone: 'Australia/Lord_Howe', at: Date.UTC(2030, 3, 6, 15) },
  { zone: 'Australia/Lord_Howe', at: Date.UTC(2030, 9, 5, 15, 30) },
] as const;

/** UTC, a zone that never changes its clocks, and those that do. */
const ZONES = ['UTC', 'Asia/Kolkata', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'] as const;

/** A quarter of an hour before the end of a month, so that a month ends in the fault phase. */
const END_OF_MONTH = Date.UTC(2030, 0, 31, 23, 45);
/** The share of worlds whose workbenches have timetables, and the share of these in which clocks change. */
const TIMETABLE_PROBABILITY = 0.35;
const CHANGE_PROBABILITY = 0.6;
/** The share of timetables in the zone whose clocks change, if there is one. */
const ZONE_OF_CHANGE_PROBABILITY = 0.7;
/** The clocks change so many minutes after the beginning at most, or before it. */
const CHANGE_WITHIN_MINUTES = 120;
const CHANGED_BEFORE_MINUTES = 15;

/** When a world begins, and whether its workbenches have timetables. */
export interface WorldTime {
  readonly beginsAt: number;
  readonly hasTimetables: boolean;
  /** The zone whose clocks change. */
  readonly zone?: string;
}

export function drawWorldTime(tape: Tape): WorldTime {
  if (!tape.chance(TIMETABLE_PROBABILITY)) return { beginsAt: END_OF_MONTH, hasTimetables: false };
  if (!tape.chance(CHANGE_PROBABILITY)) return { beginsAt: END_OF_MONTH, hasTimetables: true };
  const { zone, at } = tape.pick(CLOCK_CHANGES);
  const minutes = tape.intBetween(0, CHANGE_WITHIN_MINUTES + CHANGED_BEFORE_MINUTES) - CHANGED_BEFORE_MINUTES;
  return { beginsAt: at - minutes * MINUTE, hasTimetables: true, zone };
}

/** Draws a zone for a timetable. */
export function drawZone(tape: Tape, { zone }: WorldTime): string {
  return zone !== undefined && tape.chance(ZONE_OF_CHANGE_PROBABILITY) ? zone : tape.pick(ZONES);
}

/** Times of day. */
export interface TimesOfDay {
  readonly minutes: readonly number[];
  /** Undefined: every hour, so that the times come as often as the clock shows them. */
  readonly hours?: readonly number[];
  /** The day of the week, 0 is Sunday. Undefined: every day. */
  readonly day?: number;
}

export function toCron({ minutes, hours, day }: TimesOfDay): string {
  return `${minutes.join(',')} ${hours?.join(',') ?? '*'} * * ${day ?? '*'}`;
}

/**
 * Times of day that the clock of the zone shows `inMinutes` minutes after `now` if it does not change.
 * @param form `list`: beside another minute of the hour
 */
export function timesOfDayAt(
  now: number,
  zone: string,
  inMinutes: number,
  form: 'once' | 'list' | 'hourly' | 'on_its_day' | 'on_another_day',
): TimesOfDay {
  const local = new Date(now + offsetOf(zone, now) + inMinutes * MINUTE);
  const [minute, hours] = [local.getUTCMinutes(), [local.getUTCHours()]];
  switch (form) {
    case 'once':
      return { minutes: [minute], hours };
    case 'list':
      return { minutes: [minute, (minute + 30) % 60].sort((a, b) => a - b), hours };
    case 'hourly':
      return { minutes: [minute] };
    case 'on_its_day':
      return { minutes: [minute], hours, day: local.getUTCDay() };
    case 'on_another_day':
      return { minutes: [minute], hours, day: (local.getUTCDay() + 3) % 7 };
  }
}

/**
 * Returns the times after `from` and until `until`. A time of day that a change of the clocks leaves out comes at the moment of the
 * change, and one that it repeats comes once; with every hour it comes whenever the clock shows it, and not otherwise.
 */
export function timesBetween(
  times: TimesOfDay,
  zone: string,
  from: number,
  until: number,
): readonly number[] {
  const found = new Set<number>();
  let repeatedUntil = 0;
  for (let slot = floorToSlot(from - CHANGE_MAX_MS); slot <= until; slot += SLOT) {
    const [before, offset] = [offsetOf(zone, slot - SLOT), offsetOf(zone, slot)];
    if (offset < before) repeatedUntil = slot + before - offset;
    if (offset > before && times.hours !== undefined)
      for (let local = slot + before; local < slot + offset; local += MINUTE)
        if (isShown(times, local)) found.add(slot);
    for (let at = slot; at < slot + SLOT; at += MINUTE) {
      const isRepeated = at < repeatedUntil && times.hours !== undefined;
      if (!isRepeated && isShown(times, at + offset)) found.add(at);
    }
  }
  return [...found].filter((at) => at > from && at <= until).sort((a, b) => a - b);
}

/** @param local a time as the clock shows it, as if it were UTC */
function isShown({ minutes, hours, day }: TimesOfDay, local: number): boolean {
  const minuteOfDay = Math.floor(local / MINUTE) % DAY_MINUTES;
  if (!minutes.includes(minuteOfDay % 60)) return false;
  if (hours !== undefined && !hours.includes(Math.floor(minuteOfDay / 60))) return false;
  return day === undefined || new Date(local).getUTCDay() === day;
}

function floorToSlot(at: number): number {
  return at - (at % SLOT);
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** `<zone> <slot>` → offset. Schedules begin at the same few days. */
const offsets = new Map<string, number>();

/** How far the clock of the zone is ahead of UTC, milliseconds. */
export function offsetOf(zone: string, at: number): number {
  const slot = floorToSlot(at);
  const name = `${zone} ${slot}`;
  const known = offsets.get(name);
  if (known !== undefined) return known;
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
    });
  formats.set(zone, format);
  const parts = Object.fromEntries(
    format.formatToParts(slot).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day, hour, minute } = parts;
  const offset = Date.UTC(year, month - 1, day, hour, minute) - slot;
  offsets.set(name, offset);
  return offset;
}
