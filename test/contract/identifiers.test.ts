import { describe, expect, it } from 'vitest';
import { isUserId, isWorkbenchId } from '#contract/parameters.ts';

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
