import * as z from 'zod/mini';
import { openObject } from '../workbench/open-schema.ts';
import { monthOf, startOfMonth, startOfNextMonth } from './month.ts';

/**
 * What a workbench has cost in one month: the sum until `since`, and the rate from then on. A record is written only when
 * the rate changes, so that the sum at any later time follows from it, without a write for each hour.
 * docs/decisions/0031-the-meter-is-in-the-record.md
 */
export const meterSchema = openObject({
  /** Counts the meters of this workbench from 1. A meter ends with its month, and when the workbench gets another owner. */
  seq: z.int().check(z.minimum(1)),
  /** Milliseconds since 1970. Never decreases. The sums are those of its month. */
  since: z.int(),
  /** Millionths of a USD an hour, since then. */
  rate: z.int(),
  /** The workbench runs since then. @default false */
  on: z.optional(z.boolean()),
  /** Millionths of a USD, from the beginning of the meter until `since`. */
  micros: z.int(),
  /** Milliseconds for which the workbench ran in this time. */
  ms: z.int(),
  /** Millionths of a USD that the workbench has cost earlier owners in this month. @default 0 */
  earlier: z.optional(z.int()),
});
export type Meter = z.infer<typeof meterSchema>;

/** At what rate a workbench costs money. */
export interface MeteredState {
  readonly rate: number;
  readonly on: boolean;
}

/** What a meter has counted in one month. */
export interface MonthSum {
  /** `YYYY-MM` */
  readonly month: string;
  /** Millionths of a USD. */
  readonly micros: number;
  readonly ms: number;
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
  const sums: MonthSum[] = [];
  const { micros, ms } = meter;
  let from = meter.since;
  for (let before = { micros, ms }; sums.length < MONTHS_MAX; before = { micros: 0, ms: 0 }) {
    const end = startOfNextMonth(from);
    const counted = countBetween(meter, from, Math.min(end, until));
    sums.push({ month: monthOf(from), micros: before.micros + counted.micros, ms: before.ms + counted.ms });
    if (end >= until) break;
    from = end;
  }
  return sums.filter((sum) => sum.micros > 0 || sum.ms > 0);
}

/** The meter of the month of `now`: the same one, or the next if a month has ended since. */
export function inMonthOf(meter: Meter, now: number): Meter {
  const start = startOfMonth(now);
  return startOfMonth(meter.since) >= start ? meter : nextMeter({ ...meter, since: start });
}

/** The meter that follows, at the same rate. Fields of a newer version stay. */
export function nextMeter(meter: Meter): Meter {
  const { earlier: _ofThatMonth, ...rest } = meter;
  return { ...rest, seq: meter.seq + 1, micros: 0, ms: 0 };
}

function countBetween(
  { rate, on = false }: Meter,
  from: number,
  to: number,
): Pick<MonthSum, 'micros' | 'ms'> {
  const ms = Math.max(0, to - from);
  return { micros: Math.round((rate * ms) / HOUR_MS), ms: on ? ms : 0 };
}
