import { describe, expect, test } from 'vitest';
import { nextPollMs, SETTLED_INTERVAL_MS, STOP_INTERVAL_MS } from '#console/src/polling.ts';

describe('polls of the console', () => {
  test('follow Retry-After, within a second and a minute', () => {
    expect([1, 2, 5, 0, 3600].map((seconds) => nextPollMs(seconds))).toEqual([
      1000, 2000, 5000, 1000, 60_000,
    ]);
  });

  test('are rare while a workbench is settled', () => {
    expect(nextPollMs(undefined)).toBe(SETTLED_INTERVAL_MS);
  });

  test('are at the planned stop of a workbench, and more often until it has stopped', () => {
    expect([3_600_000, 10_000, 0, -1e12].map((ms) => nextPollMs(undefined, ms))).toEqual([
      SETTLED_INTERVAL_MS,
      10_000,
      STOP_INTERVAL_MS,
      STOP_INTERVAL_MS,
    ]);
  });
});
