import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  linuxProcesses,
  type ProcessEntry,
  parsePs,
  parseStat,
  psProcesses,
  readProcFile,
  readProcFileSync,
} from '#adapters/local/processes/process-table.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

describe('a line of /proc/<pid>/stat', () => {
  const line = (state: string) =>
    `${state} 10 20 30 0 -1 4194304 102 0 0 0 0 0 0 0 20 0 1 0 140195 2998272 414`;

  it('is parsed for any program name', () => {
    for (const name of ['cat', 'a b', '(x) S 1 1 1', ')', 'a)b(c']) {
      expect(parseStat(`4711 (${name}) ${line('S')}`)).toEqual({
        pid: 4711,
        parent: 10,
        group: 20,
        session: 30,
        startTime: '140195',
        zombie: false,
      });
    }
  });

  it('shows a zombie, and is invalid when it is truncated', () => {
    expect(parseStat(`1 (x) ${line('Z')}`)?.zombie).toBe(true);
    expect(parseStat('1 (x) S 10 20')).toBeUndefined();
    expect(parseStat('')).toBeUndefined();
  });
});

describe('the output of ps', () => {
  it('is parsed line by line', () => {
    const output =
      '  501     1   501 Ss   Tue Nov 24 23:29:18 2026\n  502   501   501 Z+   Wed Nov 25 00:00:00 2026    \nps: odd\n';
    expect(parsePs(output)).toEqual([
      { pid: 501, parent: 1, group: 501, session: 501, startTime: 'Tue Nov 24 23:29:18 2026', zombie: false },
      {
        pid: 502,
        parent: 501,
        group: 501,
        session: 501,
        startTime: 'Wed Nov 25 00:00:00 2026',
        zombie: true,
      },
    ]);
  });
});

const tables = [
  { name: 'ps', table: psProcesses, available: true },
  { name: '/proc', table: linuxProcesses, available: process.platform === 'linux' },
];
describe.each(tables.filter(({ available }) => available))('the process table by $name', ({ table }) => {
  it('shows a process with a constant start time until it has ended', async () => {
    const child = spawn('sleep', ['300'], { detached: true, env: { MARK: 'here' } });
    const pid = child.pid ?? 0;
    // On Linux, ps computes the time of day from clock ticks, so that it may differ by a second.
    const same = (entry: ProcessEntry | undefined) =>
      table === psProcesses && process.platform === 'linux' ? { ...entry, startTime: '' } : entry;
    const entry = await table.read(pid);
    expect(entry).toMatchObject({ pid, parent: process.pid, group: pid, zombie: false });
    expect(same((await table.readAll()).find((candidate) => candidate.pid === pid))).toEqual(same(entry));
    expect(same(await table.read(pid))).toEqual(same(entry));
    const environment = await table.environment(pid);
    if (environment !== undefined) expect(environment).toContain('MARK=here');
    child.kill('SIGKILL');
    await eventually(
      waitRealStep,
      'the end of the process',
      async () => (await table.read(pid)) === undefined,
    );
    expect(await table.environment(pid)).toBeUndefined();
  });
});

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
