import { describe, expect, it } from 'vitest';
import type { Failure } from './batch.ts';
import { formatFailures, formatViolation } from './failure-report.ts';

function failureOf(path: string, lines: number): Failure {
  return {
    seed: 7,
    path,
    message: `rule ${path}`,
    schedule: { commands: [], tape: [], faultPercent: 3 },
    logLines: Array.from({ length: lines }, (_, line) => `line ${line} of ${path}`),
  };
}

describe('formatViolation', () => {
  it('says how to replay the schedule, with the hazards of the run', () => {
    expect(formatViolation(failureOf('12', 0), { hazards: 'base' })).toBe(
      'A rule was violated: rule 12\nTo replay the schedule:\n  npm run simulate -- --seed 7 --replay 12 --hazards base',
    );
  });
});

describe('formatFailures', () => {
  it('prints each failure with its replay, and the long log of the last one only', () => {
    const text = formatFailures([failureOf('1', 200), failureOf('2', 200)], {});
    expect(text.match(/--replay \d+/g)).toEqual(['--replay 1', '--replay 2']);
    expect(text.match(/line \d+ of 1\b/g)).toHaveLength(15);
    expect(text.match(/line \d+ of 2\b/g)).toHaveLength(120);
    expect(text).toContain('line 199 of 1\n');
  });
});
