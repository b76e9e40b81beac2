import { describe, expect, it } from 'vitest';
import { bodyHash } from '#functions/api/body-hash.ts';

describe('bodyHash', () => {
  it('does not depend on the order of fields, nor on undefined fields', () => {
    expect(bodyHash({ a: 1, b: 'x' })).toBe(bodyHash({ b: 'x', c: undefined, a: 1 }));
  });

  it('depends on names, values and types of values', () => {
    const bodies = [{}, { a: 1 }, { a: '1' }, { a: 2 }, { b: 1 }, { a: 1, b: 1 }];
    expect(new Set(bodies.map(bodyHash)).size).toBe(bodies.length);
  });
});
