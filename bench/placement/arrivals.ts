import type { Capacity } from '#core/ports/capacity-catalog.ts';
import { Random } from './random.ts';

/** A start of a workbench, and how long it is used. */
export interface Arrival {
  /** Seconds from the beginning. */
  readonly at: number;
  /** Seconds that it runs, from when it runs. */
  readonly durationSeconds: number;
  readonly request: Capacity;
}

export const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;

function size(cpus: number, gib: number, gpuCount = 0): Capacity {
  return { cpuUnits: cpus * 1024, memoryMib: gib * 1024, gpuCount };
}

/** What people ask for: mostly small, some for builds, some for data in memory, few with a GPU. */
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

/** How long they are used, in hours: forgotten after a look, worked with, left to compute overnight. */
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
 * Starts over some days, in order of time. Waiting times and durations are drawn from exponential distributions.
 * @param perDay starts a day, on average
 */
export function generateArrivals(seed: number, days: number, perDay: number): readonly Arrival[] {
  const random = new Random(seed);
  const average = ARRIVALS_BY_HOUR.reduce((sum, factor) => sum + factor, 0) / ARRIVALS_BY_HOUR.length;
  const busiest = Math.max(...ARRIVALS_BY_HOUR) / average;
  const all: Arrival[] = [];
  let at = 0;
  for (;;) {
    // As many as in the busiest hour, of which each hour keeps its share.
    at += random.exponential(DAY_SECONDS / (perDay * busiest));
    if (at >= days * DAY_SECONDS) return all;
    const factor = (ARRIVALS_BY_HOUR[Math.floor((at % DAY_SECONDS) / HOUR_SECONDS)] ?? 0) / average;
    if (random.next() * busiest >= factor) continue;
    const durationSeconds = random.exponential(random.weighted(DURATIONS_HOURS) * HOUR_SECONDS);
    all.push({
      at: Math.round(at),
      durationSeconds: Math.max(60, Math.round(durationSeconds)),
      request: random.weighted(SIZES),
    });
  }
}
