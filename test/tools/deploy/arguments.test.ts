import { expect, it } from 'vitest';
import { UsageError } from '#tools/command-line.ts';
import { parseDeployArguments } from '#tools/deploy/arguments.ts';

it('takes the stage, its options, and the rest as it is', () => {
  const args = ['--stage', 'prod', '--require-approval=never', '--dry-run', '--', '--quiet', '-c', 'x=y'];
  expect(parseDeployArguments(args)).toEqual({
    stage: 'prod',
    profile: undefined,
    requireApproval: 'never',
    dryRun: true,
    further: ['--quiet', '-c', 'x=y'],
  });
});

it('is asked for help even beside what is wrong', () => {
  expect(parseDeployArguments(['--help', '--require-approval', 'x'])).toBeUndefined();
});

it.each([
  [[], '--stage is needed'],
  [['--stage'], "Option '--stage <value>' argument missing"],
  [['--stage', 'staging', '--force'], "Unknown option '--force'"],
  [['staging'], "Unexpected argument 'staging'"],
  [['--stage', 'staging', '--require-approval', 'always'], 'never, any-change, broadening'],
  [['--stage', 'staging', '--profile=--region'], '--profile: not a name'],
  [['--stage', 'staging', '--', '-c', 'stage=prod'], 'give --stage'],
  [['--stage', 'staging', '--', '--context=stage=prod'], 'give --stage'],
  [['--stage', 'staging', '--', '-cstage=prod'], 'give --stage'],
  [['--stage', 'staging', '--', '--profile', 'x'], 'give --profile before'],
  [['--stage', 'staging', '--', '--require-approval=never'], 'give --require-approval before'],
  [['--stage', 'staging', '--', '--app', 'x'], 'the app of cdk.json'],
])('refuses %j and says why', (args, why) => {
  expect(() => parseDeployArguments(args)).toThrow(UsageError);
  expect(() => parseDeployArguments(args)).toThrow(why);
});
