import type { Timing } from '#test/simulation/world/timing.ts';
import { percentile } from '../percentiles.ts';
import type { Scenario } from './scenarios.ts';

/** The starts that one simulated installation measures, at most a burst more. */
const STARTS_PER_INSTALLATION = 25;

/** Milliseconds. */
export interface StartTimes {
  readonly p50: number;
  readonly p95: number;
}

/** Simulates `count` starts, or a few more: the starts of a burst are not divided. Installation n has seed n. */
export async function measureStartTimes(
  { measure }: Scenario,
  timing: Timing,
  count: number,
): Promise<StartTimes> {
  const times: number[] = [];
  for (let seed = 1; times.length < count; seed += 1) {
    times.push(...(await measure(seed, timing, Math.min(STARTS_PER_INSTALLATION, count - times.length))));
  }
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
}
