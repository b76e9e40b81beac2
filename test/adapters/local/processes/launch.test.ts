import { describe, expect, it } from 'vitest';
import { toStartRefusal } from '#adapters/local/processes/launch.ts';
import { temporaryFolder } from '../sqlite/open-stores.ts';

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code });
}

describe('a program that cannot be started', () => {
  it.each([
    ['ENOSPC', true],
    ['EDQUOT', true],
    ['EROFS', true],
    ['EMFILE', true],
    ['ENOENT', undefined],
    ['EACCES', undefined],
  ])('for %s lets its start be retried: %s', async (code, retryable) => {
    const folder = await temporaryFolder();
    const expected = { code: 'start_refused', message: `Its process could not be started (${code}).` };
    expect(toStartRefusal(failure(code), folder)).toEqual(
      retryable === undefined ? expected : { ...expected, retryable },
    );
    const wrapped = new Error('no folder', { cause: failure(code) });
    expect(toStartRefusal(wrapped, folder).retryable).toBe(retryable);
  });

  it('lets its start be retried only for want of space if another program reports the error', async () => {
    const error = new Error('mkfifo: cannot create fifo');
    const folder = await temporaryFolder();
    expect(toStartRefusal(error, folder)).toEqual({
      code: 'start_refused',
      message: 'Its process could not be started (mkfifo: cannot create fifo).',
    });
  });

  it.runIf(process.platform === 'linux')('lets its start be retried when its folder has no space', () => {
    // This file system has no free blocks.
    const { message, retryable } = toStartRefusal(new Error('mkfifo: cannot create fifo'), '/proc');
    expect([message, retryable]).toEqual([
      'Its process could not be started (mkfifo: cannot create fifo).',
      true,
    ]);
  });
});
