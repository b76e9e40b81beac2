import { expect, it } from 'vitest';
import { UsageError } from '#tools/command-line.ts';
import { parseDeployArguments } from '#tools/deploy/arguments.ts';

it('parses the stage, the options and the arguments for cdk', () => {
  const args = ['--stage', 'prod', '--require-approval=never', '--dry-run', '--', '--quiet', '-c', 'x=y'];
  expect(parseDeployArguments(args)).toEqual({
    stage: 'prod',
    profile: undefined,
    requireApproval: 'never',
    dryRun: true,
    repair: false,
    strongReferences: false,
    check: false,
    cdkArguments: ['--quiet', '-c', 'x=y'],
  });
});

it('accepts --help together with invalid arguments', () => {
  expect(parseDeployArguments(['--help', '--require-approval', 'x'])).toBeUndefined();
});

it.each([
  [[], '--stage is required'],
  [['--stage'], "Option '--stage <value>' argument missing"],
  [['--stage', 'staging', '--force'], "Unknown option '--force'"],
  [['staging'], "Unexpected argument 'staging'"],
  [['--stage', 'staging', '--require-approval', 'always'], 'never, any-change, broadening'],
  [['--stage', 'staging', '--profile=--region'], '--profile: not a valid'],
  [['--stage', 'staging', '--check', '--dry-run'], '--check deploys nothing'],
  [['--stage', 'staging', '--check', '--', '--quiet'], '--check deploys nothing'],
  [['--stage', 'staging', '--', '-c', 'stage=prod'], 'use --stage'],
  [['--stage', 'staging', '--', '--context=stage=prod'], 'use --stage'],
  [['--stage', 'staging', '--', '-cstage=prod'], 'use --stage'],
  [['--stage', 'staging', '--', '-c', 'unprotected=data'], 'this command sets it'],
  [['--stage', 'staging', '--', '--no-execute'], 'use `npx cdk deploy`'],
  [['--stage', 'staging', '--', '--method=prepare-change-set'], 'use `npx cdk deploy`'],
  [['--stage', 'staging', '--', '--profile', 'x'], 'use --profile before'],
  [['--stage', 'staging', '--', '--require-approval=never'], 'use --require-approval before'],
  [['--stage', 'staging', '--', '--app', 'x'], 'the app of cdk.json'],
])('rejects %j with a reason', (args, reason) => {
  expect(() => parseDeployArguments(args)).toThrow(UsageError);
  expect(() => parseDeployArguments(args)).toThrow(reason);
});
