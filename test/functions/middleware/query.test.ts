import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, parseQuery } from '#functions/middleware/query.ts';

describe('parseQuery', () => {
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
  ])('reads %s as %j', (raw, value) => {
    const query = parseQuery(raw);
    expect(query.parameter('user_id')).toEqual({ value });
    expect(query.invalid).toEqual({});
  });

  it.each([undefined, '', 'other=1'])('returns no value for a parameter that is left out (%j)', (raw) => {
    expect(parseQuery(raw).parameter('user_id')).toEqual({ value: undefined });
  });

  it.each([
    ['user_id=a&user_id=b', 'given once'],
    ['user_id=a&user%5fid=a', 'given once'],
    ['user_id=a&user_id=b&user_id=c', 'given once'],
    ['user_id=%', 'percent-encoded UTF-8'],
    ['user_id=%zz', 'percent-encoded UTF-8'],
    ['user_id=%ff', 'percent-encoded UTF-8'],
    ['user_id=%ED%A0%80', 'percent-encoded UTF-8'],
  ])('reports %s as invalid: %s', (raw, expected) => {
    expect(parseQuery(raw).parameter('user_id')).toEqual({ invalid: { user_id: expected } });
  });

  it('reports a name that cannot be decoded, since it may be a parameter of the API', () => {
    expect(parseQuery('user_id=a&%ff=b').invalid).toEqual({ query: 'percent-encoded UTF-8' });
  });

  it('ignores invalid parameters that no endpoint reads', () => {
    const query = parseQuery('x=%ff&x=1&x=2&user_id=a');
    expect(query.invalid).toEqual({});
    expect(query.parameter('user_id')).toEqual({ value: 'a' });
  });

  it('decodes what URLSearchParams encodes', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (value, other) => {
        const raw = new URLSearchParams([
          ['other', other],
          ['user_id', value],
        ]).toString();
        expect(parseQuery(raw).parameter('user_id')).toEqual({ value });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (raw) => {
        parseQuery(raw).parameter('user_id');
      }),
    );
  });
});

const ID = '01k5w3p8xg7t2mzq4v9r6ehbnc';

describe('a cursor', () => {
  it('contains the last id, for the user of the list', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (userId) => {
        expect(decodeCursor(userId, encodeCursor(userId, ID))).toBe(ID);
      }),
    );
  });

  it('is invalid for another user', () => {
    expect(decodeCursor('bob', encodeCursor('ada', ID))).toBeUndefined();
  });

  it('does not contain the user id', () => {
    expect(Buffer.from(encodeCursor('ada', ID), 'base64url').toString('latin1')).not.toContain('ada');
  });

  it('has one valid spelling', () => {
    const cursor = encodeCursor('ada', ID);
    for (const other of [`${cursor}=`, ` ${cursor}`, cursor.replaceAll('-', '+'), `${cursor}AA`]) {
      if (other !== cursor) expect(decodeCursor('ada', other), other).toBeUndefined();
    }
  });

  it('is the only text that is accepted', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 100 })), (text) => {
        expect(decodeCursor('ada', text)).toBeUndefined();
      }),
    );
  });
});
