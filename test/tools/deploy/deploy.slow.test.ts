import { describe, expect, it } from 'vitest';
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
  await commands.setOutput('aws cloudformation describe-stacks', stacksIn('UPDATE_COMPLETE'));
  await commands.setOutput('aws cloudformation describe-stack-events', [
    'ROLLBACK_COMPLETE',
    'CREATE_FAILED',
  ]);
  await commands.setOutput('aws cloudformation list-stack-resources', []);
  await commands.setOutput('aws backup list-backup-vaults', []);
  await commands.setOutput('aws iam get-role', 'AWSServiceRoleForECS\n');
  return commands;
}

const PARTS = ['network', 'data', 'cluster', 'api', 'monitoring'];

/** The stacks of the installation, and one of another whose name begins like it. */
function stacksIn(status: string, changes: Readonly<Record<string, string | undefined>> = {}) {
  const statuses = { ...Object.fromEntries(PARTS.map((part) => [part, status])), ...changes };
  return [
    ...Object.entries(statuses).flatMap(([part, each]) =>
      each === undefined ? [] : [{ name: `workbench-staging-${part}`, status: each, reason: null }],
    ),
    { name: 'workbench-staging-b-data', status: 'ROLLBACK_FAILED', reason: null },
  ];
}

/** The calls that change something: those of cdk, and those of the AWS CLI except queries. */
async function changesOf(commands: FakeCommands): Promise<readonly string[]> {
  const calls = await commands.calls();
  return calls
    .filter((call) => !/^(node|aws \S+ (get|list|describe)-)/.test(call))
    .map((call) => call.replace(' --region us-west-1', ''));
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
    expect.stringMatching(/^aws cloudformation describe-stacks --query .* --output json --region us-west-1$/),
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

it('reports that workbenches reach the internal hosts of an existing VPC, unless the addresses are limited', async () => {
  const existing = {
    vpcId: 'vpc-0123456789abcdef0',
    zones: ['us-west-1a'],
    privateSubnets: ['subnet-0123456789abcdef0'],
  };
  const commands = await commandsOfAccount();
  const warning = 'every host that vpc-0123456789abcdef0 reaches';
  const stdout = async (network: object) =>
    (await deploy(commands, ['--stage', 'staging'], { network })).stdout;
  expect(await stdout({ existing })).toContain(warning);
  expect(await stdout({ existing, egressCidrs: ['203.0.113.0/24'] })).not.toContain(warning);
  expect(await stdout({})).not.toContain('every host that');
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

it('creates missing stacks without protection, then turns it on', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput('aws cloudformation describe-stacks', []);
  const { code, stdout } = await deploy(commands, ['--stage', 'staging', '--profile', 'ops']);
  expect(code).toBe(0);
  expect(await changesOf(commands)).toEqual([
    'cdk deploy --all -c stage=staging -c unprotected=network,data,cluster,api,monitoring --profile ops',
    'cdk deploy --all -c stage=staging --profile ops',
  ]);
  expect(stdout).toContain('Turning on their protection');
});

it('keeps the protection of stacks that exist, and treats a stack under review as missing', async () => {
  const commands = await commandsOfAccount();
  const stacks = stacksIn('CREATE_COMPLETE', { cluster: 'REVIEW_IN_PROGRESS', api: undefined });
  await commands.setOutput('aws cloudformation describe-stacks', stacks);
  expect((await deploy(commands, ['--stage', 'staging'])).code).toBe(0);
  // Only the data stack of this stage has protection.
  expect(await changesOf(commands)).toEqual(['cdk deploy --all -c stage=staging -c unprotected=cluster,api']);
});

it('creates the stack of the audit only for a stage that exports it', async () => {
  const commands = await commandsOfAccount();
  expect((await deploy(commands, ['--stage', 'staging'], { auditExport: {} })).code).toBe(0);
  expect(await changesOf(commands)).toEqual(['cdk deploy --all -c stage=staging -c unprotected=audit']);
});

it('creates the stack of the events only for a stage that publishes them', async () => {
  const commands = await commandsOfAccount();
  expect((await deploy(commands, ['--stage', 'staging'], { eventBus: 'own' })).code).toBe(0);
  expect(await changesOf(commands)).toEqual(['cdk deploy --all -c stage=staging -c unprotected=events']);
});

it('does not turn on the protection if the deployment fails', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput('aws cloudformation describe-stacks', []);
  await commands.exitWith('cdk', 3);
  expect((await deploy(commands, ['--stage', 'staging'])).code).toBe(3);
  expect((await changesOf(commands)).filter((call) => call.startsWith('cdk'))).toHaveLength(1);
});

it.each([
  ['ROLLBACK_COMPLETE', 'its first creation failed', 'deletes the stack: it was never complete'],
  ['CREATE_FAILED', 'its first creation failed', 'deletes the stack: it was never complete'],
  ['ROLLBACK_FAILED', 'its first creation failed, and so did', 'turns off the deletion protection'],
  ['UPDATE_ROLLBACK_FAILED', 'an update failed, and so did its rollback', 'continues the rollback'],
])('names a stack in %s and what --repair does, and changes nothing', async (status, problem, remedy) => {
  const commands = await commandsOfAccount();
  await commands.setOutput('aws cloudformation describe-stacks', [
    ...stacksIn('CREATE_COMPLETE', { data: undefined }),
    { name: 'workbench-staging-data', status, reason: 'The vault exists.' },
  ]);
  const { code, stderr } = await deploy(commands, ['--stage', 'staging']);
  expect(code).toBe(1);
  expect(stderr).toContain(`workbench-staging-data is ${status}: ${problem}`);
  expect(stderr).toContain('(The vault exists.)');
  expect(stderr).toContain(`--repair ${remedy}`);
  expect(await changesOf(commands)).toEqual([]);
});

it('deletes stacks whose first creation failed, the last one first, and deploys, if requested', async () => {
  const commands = await commandsOfAccount();
  const stacks = stacksIn('CREATE_COMPLETE', { data: 'ROLLBACK_FAILED', api: 'ROLLBACK_COMPLETE' });
  await commands.setOutput('aws cloudformation describe-stacks', stacks);
  await commands.setOutput('aws cloudformation list-stack-resources', ['some-table']);
  const { code } = await deploy(commands, ['--stage', 'staging', '--repair']);
  expect(code).toBe(0);
  const deletion = (part: string) => [
    'aws dynamodb update-table --table-name some-table --no-deletion-protection-enabled',
    `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name workbench-staging-${part}`,
    `aws cloudformation delete-stack --stack-name workbench-staging-${part}`,
    `aws cloudformation wait stack-delete-complete --stack-name workbench-staging-${part}`,
  ];
  expect(await changesOf(commands)).toEqual([
    ...deletion('api'),
    ...deletion('data'),
    'cdk deploy --all -c stage=staging -c unprotected=data,api',
    'cdk deploy --all -c stage=staging',
  ]);
});

it('never deletes a stack that was once complete', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput(
    'aws cloudformation describe-stacks',
    stacksIn('CREATE_COMPLETE', { data: 'ROLLBACK_FAILED' }),
  );
  await commands.setOutput('aws cloudformation describe-stack-events', [
    'ROLLBACK_FAILED',
    'CREATE_COMPLETE',
  ]);
  const { code, stderr } = await deploy(commands, ['--stage', 'staging', '--repair']);
  expect(code).toBe(1);
  expect(stderr).toContain('workbench-staging-data was complete once (CREATE_COMPLETE)');
  expect(await changesOf(commands)).toEqual([]);
});

it('continues a rollback that failed, if requested, and deploys', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput(
    'aws cloudformation describe-stacks',
    stacksIn('UPDATE_COMPLETE', { api: 'UPDATE_ROLLBACK_FAILED' }),
  );
  expect((await deploy(commands, ['--stage', 'staging', '--repair'])).code).toBe(0);
  expect(await changesOf(commands)).toEqual([
    'aws cloudformation continue-update-rollback --stack-name workbench-staging-api',
    'aws cloudformation wait stack-rollback-complete --stack-name workbench-staging-api',
    'cdk deploy --all -c stage=staging',
  ]);
});

it('does not deploy if a repair fails', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput(
    'aws cloudformation describe-stacks',
    stacksIn('CREATE_COMPLETE', { api: 'ROLLBACK_COMPLETE' }),
  );
  await commands.fail(
    'aws cloudformation delete-stack',
    'An error occurred (ValidationError): it is protected',
  );
  const { code, stderr } = await deploy(commands, ['--stage', 'staging', '--repair']);
  expect(code).toBe(1);
  expect(stderr).toContain('it is protected\nworkbench-staging-api was not repaired.');
  expect((await changesOf(commands)).filter((call) => call.startsWith('cdk'))).toEqual([]);
});

it.each([
  ['UPDATE_IN_PROGRESS', 'Wait for its end'],
  ['DELETE_FAILED', 'Delete what holds it'],
  ['UPDATE_FAILED', 'aws cloudformation rollback-stack'],
])('says what to do about a stack in %s, which it does not repair', async (status, advice) => {
  const commands = await commandsOfAccount();
  const stacks = stacksIn('UPDATE_COMPLETE', { cluster: status, api: 'ROLLBACK_COMPLETE' });
  await commands.setOutput('aws cloudformation describe-stacks', stacks);
  await commands.setOutput('aws cloudformation list-stack-resources', ['Group: protected from scale-in']);
  const { code, stderr } = await deploy(commands, ['--stage', 'staging', '--repair']);
  expect(code).toBe(1);
  expect(stderr).toContain(`workbench-staging-cluster is ${status}`);
  expect(stderr).toContain(advice);
  expect(stderr.includes('Group: protected from scale-in')).toBe(status === 'DELETE_FAILED');
  expect(await changesOf(commands)).toEqual([]);
});

it('refuses to create a backup vault whose name is in use, and one in the settings that does not exist', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput(
    'aws cloudformation describe-stacks',
    stacksIn('CREATE_COMPLETE', { data: undefined }),
  );
  const unknown = await deploy(commands, ['--stage', 'staging'], { storage: { existingBackupVault: 'old' } });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('The backup vault old does not exist');
  await commands.setOutput('aws backup list-backup-vaults', ['workbench-staging-files']);
  const { code, stderr } = await deploy(commands, ['--stage', 'staging']);
  expect(code).toBe(1);
  expect(stderr).toContain('"existingBackupVault": "workbench-staging-files"');
  expect(await changesOf(commands)).toEqual([]);
  const adopted = { storage: { existingBackupVault: 'workbench-staging-files' } };
  expect((await deploy(commands, ['--stage', 'staging'], adopted)).code).toBe(0);
});

it('creates the service-linked role of ECS before the first cluster, and says so', async () => {
  const commands = await commandsOfAccount();
  await commands.setOutput('aws cloudformation describe-stacks', []);
  await commands.fail('aws iam get-role', 'An error occurred (NoSuchEntity)');
  const { code, stdout } = await deploy(commands, ['--stage', 'staging']);
  expect(code).toBe(0);
  expect(stdout).toContain('service-linked role AWSServiceRoleForECS created in this account');
  expect((await changesOf(commands))[0]).toBe(
    'aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com',
  );
  await commands.fail('aws iam create-service-linked-role', 'An error occurred (AccessDenied): not you');
  const denied = await deploy(commands, ['--stage', 'staging']);
  expect(denied.code).toBe(0);
  expect(denied.stdout).toContain('could not be created: aws iam create-service-linked-role');
});

it('makes all references between stacks strong if requested', async () => {
  const commands = await commandsOfAccount();
  expect((await deploy(commands, ['--stage', 'staging', '--strong-references'])).code).toBe(0);
  expect((await commands.calls()).at(-1)).toBe(
    'cdk deploy --all -c stage=staging -c @aws-cdk/core:defaultCrossStackReferences=strong',
  );
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

describe('a stage with a gate', () => {
  const GATEWAY = {
    baseUrl: 'https://workbench.lab.test',
    gateway: {
      image: { tag: '1.0.0' },
      certificateArn: 'arn:aws:acm:us-west-1:111122223333:certificate/01234567',
    },
  };
  const WITHOUT_GATE = ['network', 'data', 'cluster', 'api', 'monitoring']
    .map((part) => `workbench-staging-${part}`)
    .join(' ');

  async function commandsWithRepository(images: readonly object[]): Promise<FakeCommands> {
    const commands = await commandsOfAccount();
    await commands.setOutput('aws cloudformation describe-stacks --stack-name workbench-staging-cluster', {
      Stacks: [
        {
          Outputs: [
            {
              OutputKey: 'ImageRepository',
              OutputValue: '111122223333.dkr.ecr.us-west-1.amazonaws.com/staging-images',
            },
          ],
        },
      ],
    });
    await commands.setOutput('aws ecr batch-get-image', { images });
    return commands;
  }

  it('is deployed without the gate until its image has been pushed', async () => {
    const commands = await commandsWithRepository([]);
    const { code, stdout } = await deploy(commands, ['--stage', 'staging'], GATEWAY);
    expect(code).toBe(0);
    expect(await commands.calls()).toContain(`cdk deploy ${WITHOUT_GATE} -c stage=staging`);
    expect(stdout).toContain('the repository has no image gate-1.0.0 yet');
    expect(stdout).toContain('npm run image:push -- --stage staging --gate');
  });

  it('is deployed with the gate once the image is there, at first without protection', async () => {
    const commands = await commandsWithRepository([{ imageId: { imageDigest: `sha256:${'0'.repeat(64)}` } }]);
    const { code, stdout } = await deploy(commands, ['--stage', 'staging'], GATEWAY);
    expect(code).toBe(0);
    expect(await commands.calls()).toContain('cdk deploy --all -c stage=staging -c unprotected=gateway');
    expect(stdout).not.toContain('The gate was not deployed');
  });

  it('is not updated to an image that was not pushed', async () => {
    const commands = await commandsWithRepository([]);
    await commands.setOutput(
      'aws cloudformation describe-stacks',
      stacksIn('UPDATE_COMPLETE', { gateway: 'UPDATE_COMPLETE' }),
    );
    const { code, stderr } = await deploy(commands, ['--stage', 'staging'], GATEWAY);
    expect(code).toBe(1);
    expect(stderr).toContain('has no image gate-1.0.0');
    expect((await commands.calls()).filter((call) => call.startsWith('cdk'))).toEqual([]);
  });

  it('has no repository before its first deployment', async () => {
    const commands = await commandsWithRepository([]);
    await commands.setOutput('aws cloudformation describe-stacks', []);
    const { code } = await deploy(commands, ['--stage', 'staging'], GATEWAY);
    expect(code).toBe(0);
    const calls = await commands.calls();
    expect(calls.filter((call) => call.includes('ecr'))).toEqual([]);
    expect(calls).toContain(
      `cdk deploy ${WITHOUT_GATE} -c stage=staging -c unprotected=network,data,cluster,api,monitoring`,
    );
  });
});
