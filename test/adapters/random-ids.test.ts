import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomIds } from '#adapters/random-ids.ts';

const ids = new RandomIds();
/** Until the year 2200, in milliseconds since 1970. */
const time = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });

describe('RandomIds', () => {
  test('makes workbench ids of 26 characters that fit a path and a DNS label', () => {
    fc.assert(
      fc.property(time, (now) => {
        expect(ids.workbenchId(now)).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
      }),
    );
  });

  test('makes workbench ids that sort by their time', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a !== b);
        expect(ids.workbenchId(a) < ids.workbenchId(b)).toBe(a < b);
      }),
    );
  });

  test('begins with the same ten characters within one millisecond, and never repeats itself', () => {
    const made = Array.from({ length: 1000 }, () => ids.workbenchId(1_900_000_000_000));
    expect(new Set(made.map((id) => id.slice(0, 10))).size).toBe(1);
    expect(new Set(made).size).toBe(1000);
  });

  test('makes run ids of 16 characters, and uses the whole alphabet', () => {
    const made = Array.from({ length: 1000 }, () => ids.runId());
    expect(made.every((id) => /^[0-9a-hjkmnp-tv-z]{16}$/.test(id))).toBe(true);
    expect(new Set(made.join('')).size).toBe(32);
  });
});
