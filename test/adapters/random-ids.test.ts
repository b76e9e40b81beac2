import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { auditIdOf, RandomIds } from '#adapters/random-ids.ts';
import { createdAtOf } from '#core/ports/ids.ts';
import { T0 } from '#test/builders/workbench.ts';

const ids = new RandomIds();
/** Milliseconds since 1970, until the year 2200. */
const time = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });

describe('RandomIds', () => {
  test('creates workbench ids of 26 characters that are valid in a path and a DNS label', () => {
    fc.assert(
      fc.property(time, (now) => {
        expect(ids.workbenchId(now)).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
      }),
    );
  });

  test('creates workbench ids that sort by their time', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a !== b);
        expect(ids.workbenchId(a) < ids.workbenchId(b)).toBe(a < b);
      }),
    );
  });

  test('creates ids with the same first ten characters within one millisecond, all of them different', () => {
    const created = Array.from({ length: 1000 }, () => ids.workbenchId(1_900_000_000_000));
    expect(new Set(created.map((id) => id.slice(0, 10))).size).toBe(1);
    expect(new Set(created).size).toBe(1000);
  });

  test('creates run ids of 16 characters from the whole alphabet', () => {
    const created = Array.from({ length: 1000 }, () => ids.runId());
    expect(created.every((id) => /^[0-9a-hjkmnp-tv-z]{16}$/.test(id))).toBe(true);
    expect(new Set(created.join('')).size).toBe(32);
  });
});

it('returns the same id for the same parts, and another one for any other', () => {
  expect(auditIdOf(T0, 'request', 1)).toBe(auditIdOf(T0, 'request', 1));
  const ids = [
    auditIdOf(T0, 'request', 1),
    auditIdOf(T0 + 1, 'request', 1),
    auditIdOf(T0, 'request', 2),
    auditIdOf(T0, 'request', '1'),
    auditIdOf(T0, 'request1'),
    auditIdOf(T0, 'request', 1, ''),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

it('has the form of a ULID that begins with its time', () => {
  const id = auditIdOf(T0, 'request', 1);
  expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
  expect(createdAtOf(id)).toBe(T0);
});
