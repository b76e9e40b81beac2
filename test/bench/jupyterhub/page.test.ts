import { expect, it } from 'vitest';
import type { RequestResult, SideResult } from '../../../bench/jupyterhub/measure.ts';
import { compareWithTargets, page, type Results } from '../../../bench/jupyterhub/page.ts';

function side(perSecond: number, p99: number, cpuMs: number, resident: number): SideResult {
  const result = (name: string): RequestResult => ({
    ...{ name, perSecond, p50: 1, p99, responses: 100, failed: 0, cpuMs, generatorShare: 0.5 },
  });
  return {
    requests: { poll: result('poll'), list: result('list'), create: result('create') },
    memory: { resident, peak: resident },
  };
}

const RESULTS: Results = {
  environment: {
    ...{ date: '2026-11-28T00:00:00.000Z', commit: 'abc', cpu: 'a processor', cores: 2, memoryGib: 8 },
    ...{ system: 'Linux', node: 'v24' },
  },
  loadBefore: 0.25,
  jupyterHubVersion: '6.1.1',
  options: { seconds: 10, rounds: 3 },
  workbench: side(3000, 9.9, 0.3, 149),
  hub: side(200, 40, 5, 120),
  profiles: [
    [
      'poll',
      [
        ['core', 0.75],
        ['functions', 0.25],
      ],
    ],
  ],
};

it('says of each target whether it is met', () => {
  expect(compareWithTargets(RESULTS).map(({ measured, met }) => [measured, met])).toEqual([
    ['15.0 ×', true],
    ['15.0 ×', true],
    ['9.9 ms', true],
    ['9.9 ms', true],
    ['149 MiB', true],
  ]);
  const slow = { workbench: side(1590, 10, 0.6, 150), hub: RESULTS.hub };
  expect(compareWithTargets(slow).map(({ measured, met }) => [measured, met])).toEqual([
    ['8.0 ×', false],
    ['8.0 ×', false],
    ['10.0 ms', false],
    ['10.0 ms', false],
    ['150 MiB', false],
  ]);
});

it('shows both servers, the profile, and where and when it was measured', () => {
  const text = page(RESULTS);
  expect(text).toContain('| poll | Workbench Controller | 3000 | 1.0 | 9.9 | 300 | 50 % | 0 |');
  expect(text).toContain('| poll | JupyterHub 6.1.1 | 200 | 1.0 | 40.0 | 5000 | 50 % | 0 |');
  expect(text).toContain('| poll | 15.0 × | 1 / 16.7 |');
  expect(text).toContain('| core | 75 % | 225 |');
  expect(text).toContain('| date | 2026-11-28T00:00:00.000Z |');
  expect(text).toContain('0.3 processes were runnable on 2 cores');
});
