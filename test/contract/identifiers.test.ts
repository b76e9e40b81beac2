import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserId, PARAMETERS } from '#contract/parameters.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';

describe('a user_id', () => {
  it.each(['x', 'ada@example.com', 'a b', 'ü'.repeat(48), '👩‍🔬', 'x'.repeat(96)])('can be %j', (text) => {
    expect(isUserId(text)).toBe(true);
  });

  it.each([
    '',
    'x'.repeat(97),
    'ü'.repeat(49),
    'a\u0000',
    'a\nb',
    'a\u007f',
    'a\u0085',
    '\ud800',
    'a\ufffe',
    'a\uffff',
  ])('cannot be %j', (text) => {
    expect(isUserId(text)).toBe(false);
  });

  it('has the characters that docs/api.yaml says', () => {
    const pattern = new RegExp(PARAMETERS.user_id.schema.pattern, 'u');
    const text = fc.string({
      unit: fc
        .oneof(fc.integer({ max: 0xff, min: 0 }), fc.integer({ min: 0xfff0, max: 0xffff }))
        .map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(text, (id) => pattern.test(id) === isUserId(id)),
      { numRuns: 1000 },
    );
  });
});

describe('a workbench_id', () => {
  it('consists of 26 lower-case characters of base 32', () => {
    expect(isWorkbenchId('01k5w3p8xg7t2mzq4v9r6ehbnc')).toBe(true);
  });

  it.each([
    '',
    '01k5w3p8xg7t2mzq4v9r6ehbn',
    '01k5w3p8xg7t2mzq4v9r6ehbncc',
    '01K5W3P8XG7T2MZQ4V9R6EHBNC',
    '01k5w3p8xg7t2mzq4v9r6ehbni',
    '01k5w3p8xg7t2mzq4v9r6ehbn\n',
    '../../../../etc/passwd0000',
  ])('cannot be %j', (text) => {
    expect(isWorkbenchId(text)).toBe(false);
  });
});
