import type { Capacity } from '#core/ports/capacity-catalog.ts';
import { Random } from './random.ts';

/** A start of a workbench, and its running time. */
export interface Arrival {
  /** Seconds since the beginning of the simulation. */
  readonly at: number;
  /** Running time in seconds, from the start of the task. */
  readonly durationSeconds: number;
  readonly request: Capacity;
}

export const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;

function size(cpus: number, gib: number, gpuCount = 0): Capacity {
  return { cpuUnits: cpus * 1024, memoryMib: gib * 1024, gpuCount };
}

/** Weighted request sizes: mostly small, some for builds, some for data in memory, few with a GPU. */
const SIZES: readonly (readonly [number, Capacity])[] = [
  [8, size(0.5, 1)],
  [30, size(1, 2)],
  [14, size(1, 4)],
  [14, size(2, 4)],
  [10, size(2, 8)],
  [6, size(4, 8)],
  [5, size(1, 12)],
  [4, size(4, 24)],
  [3, size(2, 26)],
  [2, size(7, 12)],
  [4, size(3, 12, 1)],
];

/** Weighted mean running times in hours: short visits, work sessions, overnight computations. */
const DURATIONS_HOURS: readonly (readonly [number, number])[] = [
  [25, 0.4],
  [55, 3.5],
  [20, 14],
];

/** Arrivals by the hour of a working day, relative to its average. */
const ARRIVALS_BY_HOUR = [
  0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.2, 2.4, 2.6, 2.2, 1.8, 1.4, 1.8, 2.2, 2, 1.7, 1.2, 0.8, 0.6, 0.4, 0.3,
  0.2, 0.1,
];

/**
 * Generates starts in order of time. Intervals and running times have exponential distributions.
 * @param perDay Average starts per day.
 */
export function generateArrivals(seed: number, days: number, perDay: number): readonly Arrival[] {
  const random = new Random(seed);
  const average = ARRIVALS_BY_HOUR.reduce((sum, factor) => sum + factor, 0) / ARRIVALS_BY_HOUR.length;
  const busiest = Math.max(...ARRIVALS_BY_HOUR) / average;
  const arrivals: Arrival[] = [];
  let at = 0;
  for (;;) {
    // Generates the rate of the busiest hour, and keeps the share of each hour.
    at += random.exponential(DAY_SECONDS / (perDay * busiest));
    if (at >= days * DAY_SECONDS) return arrivals;
    const factor = (ARRIVALS_BY_HOUR[Math.floor((at % DAY_SECONDS) / HOUR_SECONDS)] ?? 0) / average;
    if (random.next() * busiest >= factor) continue;
    const durationSeconds = random.exponential(random.weighted(DURATIONS_HOURS) * HOUR_SECONDS);
    arrivals.push({
      at: Math.round(at),
      durationSeconds: Math.max(60, Math.round(durationSeconds)),
      request: random.weighted(SIZES),
    });
  }
}
