import { describe, expect, it } from 'vitest';
import type { BatchResult, Failure } from './batch.ts';
import { hazardRow, hazardTable, isSurvived, summarizeHazard } from './hazard-report.ts';

const ENVIRONMENT = {
  date: '2026-11-28T12:00:00.000Z',
  commit: '0123456789ab',
  cpu: 'a CPU',
  cores: 2,
  memoryGib: 24,
  system: 'Linux',
  node: 'v24.0.0',
};

function batchWith(hazards: BatchResult['hazards'], failure?: Partial<Failure>): BatchResult {
  const result = {
    schedules: 250,
    steps: 1,
    simulatedMs: 1,
    transitions: [],
    faults: [],
    repeated: 0,
    hazards,
    failures: [],
  };
  if (failure === undefined) return result;
  const schedule = { commands: [], tape: [], faultPercent: 0 };
  return {
    ...result,
    failures: [{ seed: 7, path: '12', message: 'm', schedule, logLines: [], ...failure }],
  };
}

describe('summarizeHazard', () => {
  it('sums the schedules of all batches and the times that the hazard happened', () => {
    const results = [
      batchWith([['diskFull', 3]]),
      batchWith([['pullFails', 5]]),
      batchWith([['diskFull', 4]]),
    ];
    const summary = summarizeHazard('diskFull', { diskFull: 0.5 }, results);
    expect(summary).toMatchObject({ schedules: 750, happened: 7, violations: 0 });
    expect(isSurvived(summary)).toBe(true);
  });

  it('counts violations', () => {
    const results = [batchWith([['diskFull', 3]], { message: 'first' }), batchWith([['diskFull', 4]], {})];
    const summary = summarizeHazard('diskFull', { diskFull: 0.5 }, results);
    expect(summary).toMatchObject({ violations: 2, failure: { message: 'first' } });
    expect(isSurvived(summary)).toBe(false);
  });

  it('is not survived if it did not happen', () => {
    expect(isSurvived(summarizeHazard('diskFull', {}, [batchWith([])]))).toBe(false);
  });
});

describe('hazardTable', () => {
  it('names seed, date, computer and Node, and has a row for each hazard', () => {
    const table = hazardTable(3, ENVIRONMENT, [{ companion: 1, companionFails: 0.5 }]);
    expect(table.intro.join('\n')).toContain(' Seed 3.\n');
    expect(table.intro.join('\n')).toContain(
      '2026-11-28T12:00:00.000Z, a CPU, 2 cores, 24 GiB, Node v24.0.0.',
    );
    expect(table.keys).toEqual(['companion=1, companionFails=0.5']);
  });
});

describe('hazardRow', () => {
  const KEY = 'companion=1, companionFails=0.5';
  const rowOf = (...results: BatchResult[]) => {
    const probabilities = { companion: 1, companionFails: 0.5 };
    const summary = summarizeHazard('companionFails', probabilities, results);
    return hazardRow(summary, 'It explains nothing.', '0123456789ab');
  };

  it('says why no rule is broken', () => {
    const row = [KEY, '250', '9', '0', 'It explains nothing.', '', '0123456789ab'];
    expect(rowOf(batchWith([['companionFails', 9]]))).toEqual(row);
  });

  it('marks a hazard that did not happen', () => {
    expect(rowOf(batchWith([]))).toEqual([KEY, '250', '**0**', '0', '', '', '0123456789ab']);
  });

  it('has the violated rule and a command that replays it', () => {
    const replay = '`--seed 7 --replay 12 --hazards base --hazard companion=1,companionFails=0.5`';
    const row = [KEY, '250', '9', '**1**', 'message', replay, '0123456789ab'];
    expect(rowOf(batchWith([['companionFails', 9]], { message: 'message' }))).toEqual(row);
  });
});
