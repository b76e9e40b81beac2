import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQuery } from '#functions/middleware/query.ts';

describe('the query', () => {
  it.each([
    ['user_id=xyz', 'xyz'],
    ['a=b&user_id=xyz&c', 'xyz'],
    ['user_id=a+b', 'a b'],
    ['user_id=a%20b', 'a b'],
    ['user_id=a%2Bb', 'a+b'],
    ['user_id=a,b', 'a,b'],
    ['user_id=%C3%A4', 'ä'],
    ['user%5Fid=xyz', 'xyz'],
    ['user_id=a=b', 'a=b'],
    ['user_id', ''],
  ])('%s gives %j', (raw, value) => {
    const { values, invalidParameters: faults } = readQuery(raw, ['user_id']);
    expect(values.get('user_id')).toBe(value);
    expect(faults.size).toBe(0);
  });

  it.each([
    ['user_id=a&user_id=b', 'given once'],
    ['user_id=a&user%5fid=a', 'given once'],
    ['user_id=a&user_id=b&user_id=c', 'given once'],
    ['user_id=%', 'percent-encoded UTF-8'],
    ['user_id=%zz', 'percent-encoded UTF-8'],
    ['user_id=%ff', 'percent-encoded UTF-8'],
    ['user_id=%ED%A0%80', 'percent-encoded UTF-8'],
  ])('%s is refused: %s', (raw, expected) => {
    const { values, invalidParameters: faults } = readQuery(raw, ['user_id']);
    expect(values.has('user_id')).toBe(false);
    expect(faults.get('user_id')).toBe(expected);
  });

  it('is refused when a name cannot be read, for it may be one of ours', () => {
    expect(readQuery('user_id=a&%ff=b', ['user_id']).invalidParameters.get('query')).toBe('percent-encoded UTF-8');
  });

  it('passes over names that are not asked for', () => {
    expect(readQuery('x=%ff&x=1&x=2', ['user_id']).invalidParameters.size).toBe(0);
  });

  it('gives back whatever was encoded', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (value, other) => {
        const raw = new URLSearchParams([
          ['other', other],
          ['user_id', value],
        ]).toString();
        expect(readQuery(raw, ['user_id']).values.get('user_id')).toBe(value);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (raw) => {
        readQuery(raw, ['user_id', 'limit']);
      }),
    );
  });
});
