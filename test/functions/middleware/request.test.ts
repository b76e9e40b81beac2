import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, readQuery } from '#functions/middleware/request.ts';

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
    expect(readQuery('user_id=a&%ff=b', ['user_id']).invalidParameters.get('query')).toBe(
      'percent-encoded UTF-8',
    );
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

const ID = '01k5w3p8xg7t2mzq4v9r6ehbnc';

describe('a cursor', () => {
  it("leads on in its own user's list", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (userId) => {
        expect(decodeCursor(userId, encodeCursor(userId, ID))).toBe(ID);
      }),
    );
  });

  it("is nothing in another user's list", () => {
    expect(decodeCursor('bob', encodeCursor('ada', ID))).toBeUndefined();
  });

  it('does not show the user', () => {
    expect(Buffer.from(encodeCursor('ada', ID), 'base64url').toString('latin1')).not.toContain('ada');
  });

  it('has one spelling', () => {
    const cursor = encodeCursor('ada', ID);
    for (const other of [`${cursor}=`, ` ${cursor}`, cursor.replaceAll('-', '+'), `${cursor}AA`]) {
      if (other !== cursor) expect(decodeCursor('ada', other), other).toBeUndefined();
    }
  });

  it('is not made of anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 100 })), (text) => {
        expect(decodeCursor('ada', text)).toBeUndefined();
      }),
    );
  });
});
