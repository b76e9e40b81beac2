import { expect, it } from 'vitest';
import { FakeCommands } from './fake-commands.ts';
import { linkedProject } from './linked-project.ts';
import { stageFile } from './stage-file.ts';

const KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const TOOL = 'tools/deploy.mjs';

async function commandsOfAccount(): Promise<FakeCommands> {
  const commands = await FakeCommands.of('aws', 'node', 'cdk');
  await commands.setOutput('aws sts get-caller-identity', {
    UserId: 'AIDAEXAMPLE',
    Account: '111122223333',
    Arn: 'arn:aws:iam::111122223333:user/ops',
  });
  await commands.setOutput('aws ssm get-parameters', {
    Parameters: [{ Value: '30' }],
    InvalidParameters: [],
  });
  await commands.setOutput('aws ecs list-account-settings', {
    settings: [{ name: 'awsvpcTrunking', value: 'disabled' }],
  });
  return commands;
}

async function deploy(
  commands: FakeCommands,
  args: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
  environment: Readonly<Record<string, string>> = {},
) {
  const project = await linkedProject({ staging: stageFile(settings) });
  return { project, ...(await commands.run(project, TOOL, args, environment)) };
}

it('checks the prerequisites, bundles the functions, then runs cdk', async () => {
  const commands = await commandsOfAccount();
  const { code, stdout, stderr } = await deploy(commands, ['--stage', 'staging']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(await commands.calls()).toEqual([
    'aws sts get-caller-identity --output json --region us-west-1',
    'aws ssm get-parameters --names /cdk-bootstrap/hnb659fds/version --output json --region us-west-1',
    'aws ecs list-account-settings --effective-settings --name awsvpcTrunking --output json --region us-west-1',
    'node tools/bundle.ts',
    'cdk deploy --all -c stage=staging',
  ]);
  expect(await commands.regionOf('cdk')).toBe('us-west-1');
  expect(stdout).toContain('account 111122223333, region us-west-1, as arn:aws:iam::111122223333:user/ops');
});

it('passes --require-approval, --profile and further arguments to cdk', async () => {
  const commands = await commandsOfAccount();
  const args = [
    '--stage',
    'staging',
    '--require-approval',
    'never',
    '--profile',
    'ops',
    '--',
    '--outputs-file',
    'o',
  ];
  expect((await deploy(commands, args)).code).toBe(0);
  const calls = await commands.calls();
  expect(calls.at(-1)).toBe(
    'cdk deploy --all -c stage=staging --require-approval never --profile ops --outputs-file o',
  );
  for (const call of calls) if (!call.startsWith('node')) expect(call).toContain('--profile ops');
});

it('exits with the exit code of cdk', async () => {
  const commands = await commandsOfAccount();
  await commands.exitWith('cdk', 17);
  expect((await deploy(commands, ['--stage', 'staging'])).code).toBe(17);
});

it('reports awsvpcTrunking and whether the deployment changes it', async () => {
  const commands = await commandsOfAccount();
  const deployWith = async (awsvpcTrunking: string) =>
    (await deploy(commands, ['--stage', 'staging'], { ecs: { awsvpcTrunking } })).stdout;
  expect((await deploy(commands, ['--stage', 'staging'])).stdout).toContain(
    'awsvpcTrunking is off in this account and region; this deployment turns it on for the role of its instances alone. Running',
  );
  expect(await deployWith('account')).toContain('turns it on for the whole account and region. Running');
  expect(await deployWith('off')).toContain('The setting ecs.awsvpcTrunking turns it on');
  await commands.setOutput('aws ecs list-account-settings', { settings: [{ value: 'enabled' }] });
  expect(await deployWith('role')).toContain(
    'awsvpcTrunking is on in this account and region; this deployment turns it on for the role of its instances alone',
  );
  expect(await deployWith('off')).toContain('this deployment does not turn it on');
  await commands.fail('aws ecs list-account-settings', 'An error occurred (AccessDeniedException)');
  const unreadable = await deploy(commands, ['--stage', 'staging']);
  expect(unreadable.code).toBe(0);
  expect(unreadable.stdout).toContain('awsvpcTrunking could not be read');
});

it.each([
  ['no credentials', 'aws sts get-caller-identity', 'Unable to locate credentials.', 'Sign in first'],
  ['no permissions', 'aws ssm get-parameters', 'An error occurred (AccessDenied)', 'npx cdk bootstrap'],
])('changes nothing with %s, and says what to do', async (_, command, message, advice) => {
  const commands = await commandsOfAccount();
  await commands.fail(command, message);
  const { code, stderr } = await deploy(commands, ['--stage', 'staging']);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).toContain(advice);
  expect((await commands.calls()).filter((call) => call.startsWith('cdk'))).toEqual([]);
});

it('does not run cdk if bundling fails', async () => {
  const commands = await commandsOfAccount();
  await commands.fail('node tools/bundle.ts', 'Could not resolve "#core/nothing.ts"');
  const { code, stderr } = await deploy(commands, ['--stage', 'staging']);
  expect(code).toBe(1);
  expect(stderr).toContain('Bundling the functions failed:\nCould not resolve');
  expect((await commands.calls()).at(-1)).toBe('node tools/bundle.ts');
});

it('prints the bootstrap command if the account is not bootstrapped', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput('aws ssm get-parameters', { Parameters: [], InvalidParameters: ['x'] });
  const { code, stderr } = await deploy(commands, ['--stage', 'staging', '--profile', 'ops']);
  expect(code).toBe(1);
  expect(stderr).toContain('npx cdk bootstrap aws://111122223333/us-west-1 --profile ops');
});

it('rejects credentials of another account', async () => {
  const commands = await commandsOfAccount();
  const { code, stderr } = await deploy(commands, ['--stage', 'staging'], { account: '444455556666' });
  expect(code).toBe(1);
  expect(stderr).toContain('is for account 444455556666');
  expect((await commands.calls()).some((call) => call.startsWith('cdk'))).toBe(false);
});

it('uses the region of the environment or the profile, and requires one', async () => {
  const commands = await commandsOfAccount();
  const none = { region: undefined };
  const nowhere = await deploy(commands, ['--stage', 'staging'], none);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toContain('No region is configured');
  expect((await deploy(commands, ['--stage', 'staging'], none, { AWS_REGION: 'eu-west-1' })).code).toBe(0);
  expect(await commands.regionOf('cdk')).toBe('eu-west-1');
  await commands.setOutput('aws configure get', 'ap-south-1\n');
  expect((await deploy(commands, ['--stage', 'staging'], none)).code).toBe(0);
  expect(await commands.regionOf('cdk')).toBe('ap-south-1');
});

it('lists every error of the settings, and the existing stages', async () => {
  const commands = await commandsOfAccount();
  const invalid = await deploy(commands, ['--stage', 'staging'], { auth: {}, image: {} });
  expect(invalid.code).toBe(1);
  expect(invalid.stderr).toContain('auth: configures no credentials');
  expect(invalid.stderr).toContain('image: requires exactly one of');
  const unknown = await deploy(commands, ['--stage', 'production']);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('the stage does not exist; existing stages: staging');
  expect(await commands.calls()).toEqual([]);
});

it('rejects settings with example addresses', async () => {
  const commands = await commandsOfAccount();
  const settings = { baseUrl: 'https://workbench.example.com/x', alarms: { email: 'ops@example.com' } };
  const { code, stderr } = await deploy(commands, ['--stage', 'staging'], settings);
  expect(code).toBe(1);
  expect(stderr).toContain('baseUrl, alarms.email');
  expect(await commands.calls()).toEqual([]);
});

it('reports a missing program', async () => {
  const without = await FakeCommands.of('cdk');
  const noAws = await deploy(without, ['--stage', 'staging']);
  expect(noAws.code).toBe(1);
  expect(noAws.stderr).toContain('`aws` is not on PATH. Install version 2 of the AWS CLI');
});

it('prints the commands in a dry run, and runs nothing', async () => {
  const commands = await commandsOfAccount();
  const { code, stdout } = await deploy(commands, ['--stage', 'staging', '--dry-run', '--', '--quiet']);
  expect(code).toBe(0);
  expect(stdout).toContain('cdk deploy --all -c stage=staging --quiet');
  expect(stdout).toContain('aws sts get-caller-identity --region us-west-1');
  expect(await commands.calls()).toEqual([]);
});

it('exits with 2 and without a stack trace for invalid arguments, and runs nothing', async () => {
  const commands = await commandsOfAccount();
  const { code, stderr } = await deploy(commands, ['--stage', 'staging', '--force']);
  expect(code).toBe(2);
  expect(stderr).toBe("Unknown option '--force'\nSee --help.\n");
  expect(await commands.calls()).toEqual([]);
});

it('prints help', async () => {
  const { code, stdout } = await deploy(await commandsOfAccount(), ['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('npm run deploy -- --stage NAME');
});

it('never prints credentials', async () => {
  const commands = await commandsOfAccount();
  await commands.fail('aws ecs list-account-settings', 'denied');
  const environment = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: KEY };
  const { code, stdout, stderr } = await deploy(commands, ['--stage', 'staging'], {}, environment);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain(KEY);
  expect((await commands.calls()).join('\n')).not.toContain(KEY);
});
