import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  areaOfSource,
  type CpuProfile,
  monotonicMicroseconds,
  readProfile,
  sumByArea,
} from '../../bench/cpu-profile.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('areaOfSource', () => {
  it.each([
    ['(idle)', 'idle'],
    ['(garbage collector)', 'garbage collection'],
    ['(program)', 'system calls and engine'],
    ['node:_http_server', 'Node.js: HTTP and streams'],
    ['node:internal/streams/readable', 'Node.js: HTTP and streams'],
    ['node:internal/crypto/hash', 'Node.js: other modules'],
    [`file://${ROOT}/local/gateway/gateway.ts`, 'gateway and server'],
    [`file://${ROOT}/adapters/local/sqlite/database.ts`, 'SQLite and its adapter'],
    [`file://${ROOT}/functions/api/workbenches.ts`, 'functions'],
    [`file://${ROOT}/contract/routes.ts`, 'core'],
    ['file:///elsewhere/node_modules/@middy/core/index.js', 'middy'],
    ['file:///elsewhere/node_modules/zod/mini/index.js', 'other packages'],
    ['file:///elsewhere/script.js', 'other'],
  ])('of %s is %s', (source, area) => {
    expect(areaOfSource(source)).toBe(area);
  });
});

describe('sumByArea', () => {
  const node = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
    ...{ id, children },
    callFrame: { functionName, url },
  });
  const profile: CpuProfile = {
    nodes: [
      node(1, '(root)', '', [2, 4]),
      node(2, 'serve', 'serve.ts', [3]),
      node(3, 'stringify', ''),
      node(4, '(idle)', ''),
    ],
    startTime: 1000,
    samples: [2, 3, 4, 2],
    timeDeltas: [10, 20, 40, 80],
  };
  const sum = (window: { from: number; to: number }) => [...sumByArea(profile, window, (source) => source)];

  it('adds the time of built-in functions to their callers', () => {
    expect(sum({ from: 0, to: 5000 })).toEqual([
      ['serve.ts', 110],
      ['(idle)', 40],
    ]);
  });

  it('leaves out samples outside of the window', () => {
    expect(sum({ from: 1011, to: 1070 })).toEqual([
      ['serve.ts', 20],
      ['(idle)', 40],
    ]);
  });

  it('reads a profile of Node.js, whose clock is that of this process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'profile-'));
    try {
      const from = monotonicMicroseconds();
      const work = 'const end = performance.now() + 100; while (performance.now() < end) {}';
      execFileSync(process.execPath, ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--eval', work]);
      const window = { from, to: monotonicMicroseconds() };
      const times = [...sumByArea(await readProfile(folder), window, () => 'all')];
      expect(times).toEqual([['all', expect.any(Number)]]);
      expect(times[0]?.[1]).toBeGreaterThan(50_000);
      expect(times[0]?.[1]).toBeLessThanOrEqual(window.to - window.from);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
