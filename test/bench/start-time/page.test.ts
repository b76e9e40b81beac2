import { describe, expect, it } from 'vitest';
import { comparisonTable, describeSlowRestart, effectTable, page } from '../../../bench/start-time/page.ts';
import { RESTART } from '../../../bench/start-time/scenarios.ts';

const BEFORE = { p50: 28_000, p95: 31_000 };
const AFTER = { p50: 15_240, p95: 17_060 };
const EFFECTS = [{ setting: 'trunking', alone: { p50: 23_700, p95: 25_800 } }];

describe('the start times', () => {
  it('are shown before and after', () => {
    const table = comparisonTable([{ scenario: RESTART, before: BEFORE, after: AFTER }]);
    expect(table.split('\n').at(-1)).toBe('| restart on a warm instance | 28.0 | 31.0 | 15.2 | 17.1 |');
  });

  it('are shown for each setting, with the difference', () => {
    expect(effectTable(BEFORE, EFFECTS).split('\n').slice(2)).toEqual([
      '| before | 28.0 | 31.0 |  |',
      '| trunking | 23.7 | 25.8 | -4.3 |',
    ]);
  });

  it('are shown with the durations that they come from', () => {
    const environment = {
      date: '2030-01-01',
      commit: 'c',
      cpu: 'x',
      cores: 2,
      memoryGib: 8,
      system: 's',
      node: 'n',
    };
    const lines = page({
      environment,
      starts: 500,
      comparisons: [{ scenario: RESTART, before: BEFORE, after: AFTER }],
      restartBefore: BEFORE,
      effects: EFFECTS,
    }).split('\n');
    expect(lines).toContain('| interfaceAttach | 4-10 s | 2-4 s |');
    expect(lines).toContain('| probeIntervalMs | 5 s | 1 s |');
    expect(lines).toContain('| mountsPerStart | 2 | 1 |');
    expect(lines).toContain('| boot | 2-4 s | 2-4 s |');
    expect(lines).toContain('| coldJanitor | 1-2.5 s |');
    expect(lines).toContain('At least 500 starts for each figure.');
  });

  it.each([
    [19_999, undefined],
    [20_000, 'The p95 of a restart on a warm instance is 20.0 s. It must be below 20 s.'],
  ])('with a p95 of %s ms: %s', (p95, expected) => {
    expect(describeSlowRestart({ p50: 0, p95 })).toBe(expected);
  });
});
