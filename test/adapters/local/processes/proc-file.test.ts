import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readProcFile, readProcFileSync } from '#adapters/local/processes/proc-file.ts';

const READERS = [
  ['readProcFile', readProcFile],
  ['readProcFileSync', async (path: string) => readProcFileSync(path)],
] as const;

describe.skipIf(process.platform !== 'linux').each(READERS)('%s', (_, read) => {
  it('reads a file that is smaller than one chunk', async () => {
    expect(await read('/proc/version')).toBe(readFileSync('/proc/version', 'latin1'));
  });

  it('reads a file of several chunks', async () => {
    const path = '/proc/self/environ';
    const expected = readFileSync(path, 'latin1');
    expect(await read(path)).toBe(expected);
    // The environment of the process may be small. The symbols of the kernel are not.
    const symbols = await read('/proc/kallsyms');
    expect(symbols.length).toBeGreaterThan(10_000);
    expect(symbols.length).toBe(readFileSync('/proc/kallsyms', 'latin1').length);
  });

  it('throws when there is no file', async () => {
    await expect(read('/proc/none')).rejects.toThrow('ENOENT');
  });

  it('allocates little outside of the heap', async () => {
    const files = 200;
    const before = process.memoryUsage().arrayBuffers;
    await Promise.all(Array.from({ length: files }, () => read('/proc/self/stat')));
    const perFile = (process.memoryUsage().arrayBuffers - before) / files;
    expect(perFile).toBeLessThan(16_384);
  });
});
