import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { errorCode } from '#adapters/system-error.ts';

it.each([
  [Object.assign(new Error('no entry'), { code: 'ENOENT', errno: -constants.errno.ENOENT }), 'ENOENT'],
  [Object.assign(new Error('closed'), { code: 'ERR_SERVER_NOT_RUNNING' }), 'ERR_SERVER_NOT_RUNNING'],
  [new Error('without a code'), ''],
  ['no error', ''],
])('returns the code of %s', (error, code) => {
  expect(errorCode(error)).toBe(code);
});

it('names a used-up quota, which Node.js reports as an unknown error', () => {
  const errno = -constants.errno.EDQUOT;
  expect(errorCode(Object.assign(new Error(), { code: `Unknown system error ${errno}`, errno }))).toBe(
    'EDQUOT',
  );
});
