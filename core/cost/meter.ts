import * as z from 'zod/mini';
import { openObject } from '../workbench/open-schema.ts';
import { dayOfMonth, monthOf, startOfDay, startOfNextDay } from './month.ts';

/**
 * What a workbench has cost on one day: the sum until `since`, and the rate from then on. A record is written only when
 * the rate changes, so that the sum at any later time follows from it, without a write for each hour or day.
 * docs/decisions/0031-the-meter-is-in-the-record.md
 */
export const meterSchema = openObject({
  /** Counts the meters of this workbench from 1. A meter ends with its day, and when the workbench gets another owner. */
  seq: z.int().check(z.minimum(1)),
  /** Milliseconds since 1970. Never decreases. The sums are those of its day. */
  since: z.int(),
  /** Millionths of a USD an hour, since then. */
  rate: z.int(),
  /** The workbench runs since then. @default false */
  on: z.optional(z.boolean()),
  /** Millionths of a USD, from the beginning of the meter until `since`. */
  micros: z.int(),
  /** Milliseconds for which the workbench ran in this time. */
  ms: z.int(),
  /** Millionths of a USD that the workbench has cost before in this month: on earlier days, and its earlier owners. @default 0 */
  earlier: z.optional(z.int()),
});
export type Meter = z.infer<typeof meterSchema>;

/** At what rate a workbench costs money. */
export interface MeteredState {
  readonly rate: number;
  readonly on: boolean;
}

/** What a meter has counted in some time. */
interface Sum {
  /** Millionths of a USD. */
  readonly micros: number;
  /** Milliseconds for which the workbench ran. */
  readonly ms: number;
}

/** What a meter has counted on one day. */
export interface DaySum extends Sum {
  /** Day of the month, from 1. */
  readonly day: number;
}

/** What a meter has counted in one month. */
export interface MonthSum extends Sum {
  /** `YYYY-MM` */
  readonly month: string;
  /** The days on which it counted anything. */
  readonly days: DaySum[];
}

const HOUR_MS = 3_600_000;
/** More months without a write than this are not separated, so that one write never stores more sums. */
const MONTHS_MAX = 24;

export function newMeter(seq: number, since: number, { rate, on }: MeteredState): Meter {
  return { seq, since, rate, ...(on ? { on } : {}), micros: 0, ms: 0 };
}

export function meterStateOf({ rate, on = false }: Meter): MeteredState {
  return { rate, on };
}

/** The meter at another rate from `at` on. A time before `since`, of a clock that was set back, counts as `since`. */
export function withState(meter: Meter, at: number, { rate, on }: MeteredState): Meter {
  const { on: _before, ...rest } = meter;
  const { micros, ms } = countBetween(meter, meter.since, at);
  return {
    ...rest,
    since: Math.max(meter.since, at),
    rate,
    ...(on ? { on } : {}),
    micros: meter.micros + micros,
    ms: meter.ms + ms,
  };
}

/** The sums of the meter for each month from its beginning until `until`. */
export function monthSums(meter: Meter, until: number): readonly MonthSum[] {
  const sums = new Map<string, MonthSum>();
  let { since: from } = meter;
  for (let before: Sum = meter; ; before = { micros: 0, ms: 0 }) {
    const month = monthOf(from);
    if (!sums.has(month) && sums.size === MONTHS_MAX) break;
    const end = startOfNextDay(from);
    const counted = countBetween(meter, from, Math.min(end, until));
    const day = { day: dayOfMonth(from), micros: before.micros + counted.micros, ms: before.ms + counted.ms };
    sums.set(month, withDay(sums.get(month) ?? { month, micros: 0, ms: 0, days: [] }, day));
    if (end >= until) break;
    from = end;
  }
  return [...sums.values()].filter(hasCounted);
}

function withDay(sum: MonthSum, day: DaySum): MonthSum {
  if (!hasCounted(day)) return sum;
  return { ...sum, micros: sum.micros + day.micros, ms: sum.ms + day.ms, days: [...sum.days, day] };
}

function hasCounted({ micros, ms }: Sum): boolean {
  return micros > 0 || ms > 0;
}

/** The meter of the day of `now`: the same one, or the next if a day has ended since. */
export function inDayOf(meter: Meter, now: number): Meter {
  const start = startOfDay(now);
  if (meter.since >= start) return meter;
  const month = monthOf(now);
  const counted = monthSums(meter, start).find((sum) => sum.month === month)?.micros ?? 0;
  const before = monthOf(meter.since) === month ? (meter.earlier ?? 0) : 0;
  return nextMeter({ ...meter, since: start }, counted + before);
}

/**
 * The meter that follows, at the same rate. Fields of a newer version stay.
 * @param earlier what the workbench has cost in this month before this meter
 */
export function nextMeter(meter: Meter, earlier: number): Meter {
  const { earlier: _before, ...rest } = meter;
  const next = { ...rest, seq: meter.seq + 1, micros: 0, ms: 0 };
  return earlier === 0 ? next : { ...next, earlier };
}

function countBetween({ rate, on = false }: Meter, from: number, to: number): Sum {
  const ms = Math.max(0, to - from);
  return { micros: Math.round((rate * ms) / HOUR_MS), ms: on ? ms : 0 };
}
