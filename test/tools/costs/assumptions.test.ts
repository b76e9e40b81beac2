import { expect, it } from 'vitest';
import { UsageError } from '#tools/command-line.ts';
import { ASSUMPTION_NAMES, ASSUMPTIONS, DEFAULTS, parseCostArguments } from '#tools/costs/assumptions.ts';

it('uses defaults, and arguments instead of them', () => {
  expect(parseCostArguments([])).toEqual({ stage: undefined, assumed: DEFAULTS });
  expect(parseCostArguments(['--stage', 'prod', '--workbench-gb', '0.5'])).toEqual({
    stage: 'prod',
    assumed: { ...DEFAULTS, 'workbench-gb': 0.5 },
  });
  expect(parseCostArguments(['--help'])).toBeUndefined();
});

it.each(ASSUMPTION_NAMES)('has a default for %s within its bounds', (name) => {
  const { default: defaultValue, min, max } = ASSUMPTIONS[name];
  expect(defaultValue).toBeGreaterThanOrEqual(min);
  expect(defaultValue).toBeLessThanOrEqual(max);
});

it.each([
  [['--workbench-gb', 'much'], '--workbench-gb: expected a number from 0 to 10000; found much'],
  [['--workbench-gb', ''], 'expected a number'],
  [['--workbench-gb=-1'], 'expected a number'],
  [['--utilisation', '0'], 'from 0.01 to 1'],
  [['--cold-share', '1.01'], 'from 0 to 1'],
  [['--gb', '5'], "Unknown option '--gb'"],
  [['staging'], "Unexpected argument 'staging'"],
])('rejects %j with a reason', (args, reason) => {
  expect(() => parseCostArguments(args)).toThrow(UsageError);
  expect(() => parseCostArguments(args)).toThrow(reason);
});
