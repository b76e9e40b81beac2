import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCursor, writeCursor } from '#functions/middleware/cursor.ts';

const ID = '01k5w3p8xg7t2mzq4v9r6ehbnc';

describe('a cursor', () => {
  it("leads on in its own user's list", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (userId) => {
        expect(readCursor(userId, writeCursor(userId, ID))).toBe(ID);
      }),
    );
  });

  it("is nothing in another user's list", () => {
    expect(readCursor('bob', writeCursor('ada', ID))).toBeUndefined();
  });

  it('does not show the user', () => {
    expect(Buffer.from(writeCursor('ada', ID), 'base64url').toString('latin1')).not.toContain('ada');
  });

  it('has one spelling', () => {
    const cursor = writeCursor('ada', ID);
    for (const other of [`${cursor}=`, ` ${cursor}`, cursor.replaceAll('-', '+'), `${cursor}AA`]) {
      if (other !== cursor) expect(readCursor('ada', other), other).toBeUndefined();
    }
  });

  it('is not made of anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 100 })), (text) => {
        expect(readCursor('ada', text)).toBeUndefined();
      }),
    );
  });
});
