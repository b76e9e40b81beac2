import { describe, expect, it } from 'vitest';
import { toPortError } from '#adapters/local/sqlite/sqlite-errors.ts';

/** An error as node:sqlite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error('text'), { code: 'ERR_SQLITE_ERROR', errcode });
}

const hasSpace = () => undefined;
const hasNoSpace = () => new Error('EDQUOT: quota exceeded');

describe('an error of SQLite', () => {
  it.each([
    ['SQLITE_FULL', 13, 'no_space', 'no_space'],
    ['SQLITE_IOERR_WRITE', 778, 'unavailable', 'no_space'],
    ['SQLITE_IOERR_SHMSIZE', 4874, 'unavailable', 'no_space'],
    ['SQLITE_READONLY', 8, 'unavailable', 'no_space'],
    ['SQLITE_CANTOPEN', 14, 'unavailable', 'no_space'],
    // Whether the flush of a commit that failed had an effect is unknown, even if there is no space.
    ['SQLITE_IOERR_FSYNC', 1034, 'unavailable', 'unavailable'],
    ['SQLITE_BUSY', 5, 'throttled', 'throttled'],
    ['SQLITE_CORRUPT', 11, 'unavailable', 'unavailable'],
  ])('%s becomes a PortError, whose kind depends on the space if necessary', (_name, code, kind, full) => {
    expect(toPortError(sqliteError(code), hasSpace)).toMatchObject({ name: 'PortError', kind });
    expect(toPortError(sqliteError(code), hasNoSpace)).toMatchObject({ name: 'PortError', kind: full });
  });

  it('has the text of the operating system if there is no space', () => {
    expect(toPortError(sqliteError(778), hasNoSpace)).toMatchObject({
      message: 'sqlite: text: EDQUOT: quota exceeded',
    });
  });

  it('that is a bug stays as it is, as does every other error', () => {
    const constraint = sqliteError(19);
    const other = new TypeError('a bug');
    expect([constraint, other].map((error) => toPortError(error, hasNoSpace))).toEqual([constraint, other]);
  });
});
