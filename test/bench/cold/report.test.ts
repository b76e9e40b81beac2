import { describe, expect, it } from 'vitest';
import { coldTable, describeSlowLoad } from '../../../bench/cold/report.ts';

const NAMES = { baseline: 'client', polled: 'poll' };

describe('cold start times', () => {
  it('are shown relative to the client', () => {
    const table = coldTable({
      ...NAMES,
      rounds: 20,
      times: new Map([
        ['client', 40],
        ['poll', 50],
      ]),
      bytes: new Map([
        ['client', 331_000],
        ['poll', 300_600],
      ]),
    });
    expect(table.split('\n').slice(2)).toEqual([
      '| client | 331 | 40.0 | 1.00 |',
      '| poll | 301 | 50.0 | 1.25 |',
    ]);
  });

  it.each([
    [59.9, false],
    [60, false],
    [60.1, true],
  ])('of %s ms are too slow compared with 40 ms of the client: %s', (ms, isTooSlow) => {
    const times = new Map([
      ['client', 40],
      ['poll', ms],
    ]);
    expect(describeSlowLoad({ ...NAMES, times }) !== undefined).toBe(isTooSlow);
  });

  it('are an error if they are missing', () => {
    expect(describeSlowLoad({ ...NAMES, times: new Map() })).toContain('NaN');
  });
});
