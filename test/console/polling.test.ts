import { describe, expect, test } from 'vitest';
import { nextPollMs, SETTLED_INTERVAL_MS } from '#console/src/polling.ts';

describe('polls of the console', () => {
  test('follow Retry-After, within a second and a minute', () => {
    expect([1, 2, 5, 0, 3600].map(nextPollMs)).toEqual([1000, 2000, 5000, 1000, 60_000]);
  });

  test('are rare while a workbench is settled', () => {
    expect(nextPollMs(undefined)).toBe(SETTLED_INTERVAL_MS);
  });
});
