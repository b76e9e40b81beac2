import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { CfnFileSystem } from 'aws-cdk-lib/aws-efs';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addStacks } from '#lib/add-stacks.ts';
import { addValidations } from '#lib/checks/add-validations.ts';
import { ruleFoldersFor } from '#lib/checks/control-tower-worker.ts';
import { createEmptyBundles, createEmptyConsole, readCdkContext } from '#tools/synthesize-stage.ts';
import { someStage } from '../some-stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'validations-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the validate for an app, or undefined if there are none. */
function validate(build: (app: App) => void): string | undefined {
  const outdir = mkdtempSync(join(folder, 'out-'));
  const app = new App({ context: readCdkContext(), outdir, analyticsReporting: false });
  build(app);
  addValidations(app);
  const lines: string[] = [];
  const consoleError = vi
    .spyOn(console, 'error')
    .mockImplementation((...args) => void lines.push(args.join(' ')));
  try {
    app.synth();
    return undefined;
  } catch (error) {
    return `${lines.join('\n')}\n${String(error)}`;
  } finally {
    consoleError.mockRestore();
  }
}

/** Adds a stack with one resource. */
const stackWith = (build: (stack: Stack) => void) => (app: App) => build(new Stack(app, 'Test'));

// CDK's own validation takes a second for each app and is not under test.
beforeEach(() => vi.stubEnv('CDK_VALIDATION', 'false'));
afterEach(() => vi.unstubAllEnvs());

describe('the validations', () => {
  it('find a file system that is not encrypted', () => {
    const found = validate(stackWith((stack) => new CfnFileSystem(stack, 'Files', { encrypted: false })));
    expect(found).toMatch(/AwsSolutions-EFS1|CT\.ELASTICFILESYSYSTEM\.PR\.1/);
  });

  it('find a disk that is not encrypted', () => {
    const found = validate(
      stackWith(
        (stack) =>
          new CfnLaunchTemplate(stack, 'Instances', {
            launchTemplateData: {
              blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { encrypted: false, volumeSize: 8 } }],
            },
          }),
      ),
    );
    expect(found).toContain('CT.EC2.PR.');
  });

  it('find a queue that can be used without TLS, and one without a dead-letter queue', () => {
    const found = validate(stackWith((stack) => new Queue(stack, 'Queue')));
    expect(found).toContain('AwsSolutions-SQS4');
    expect(found).toContain('CT.SQS.PR.1');
  });

  it('find a topic that can be used without TLS', () => {
    expect(validate(stackWith((stack) => new CfnTopic(stack, 'Topic')))).toContain('AwsSolutions-SNS3');
  });

  it('find a permission for all actions', () => {
    const found = validate(
      stackWith(
        (stack) =>
          new CfnPolicy(stack, 'Policy', {
            policyName: 'all',
            roles: ['some'],
            policyDocument: { Statement: [{ Effect: 'Allow', Action: 'ecs:*', Resource: '*' }] },
          }),
      ),
    );
    expect(found).toContain('AwsSolutions-IAM5[Action::ecs:*]');
  });

  it('find nothing in a stage that differs from the stages of this repository', () => {
    const settings = someStage({
      account: '123456789012',
      region: 'us-west-1',
      auth: 'none',
      gateway: {
        image: { tag: '1.0.0', architecture: 'arm64' },
        hostedZone: { id: 'Z0123456789ABC', name: 'example.com' },
        publicSubnets: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
      },
      network: {
        existing: {
          vpcId: 'vpc-0123456789abcdef0',
          zones: ['us-west-1a', 'us-west-1c'],
          privateSubnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        },
      },
      image: { digest: `sha256:${'0'.repeat(64)}`, architecture: 'arm64' },
      capacityProviders: [
        {
          name: 'arm',
          instanceTypes: [
            {
              name: 'm7g.large',
              vcpus: 2,
              memoryMib: 8192,
              architecture: 'arm64',
              networkInterfaces: 3,
              pricePerHour: 0.08,
            },
            {
              name: 'm6g.large',
              vcpus: 2,
              memoryMib: 8192,
              architecture: 'arm64',
              networkInterfaces: 3,
              pricePerHour: 0.08,
            },
          ],
          maxInstances: 3,
          spot: true,
          pricePerHour: 0.03,
        },
      ],
      storage: {
        fileSystems: 2,
        operatorRoles: ['arn:aws:iam::123456789012:role/operator'],
        denyOtherRoles: false,
        existingBackupVault: 'workbench-old-files',
      },
      ecs: { awsvpcTrunking: 'account', containerInsights: true },
      console: {},
    });
    expect(
      validate((app) => addStacks(app, settings, createEmptyBundles(folder), createEmptyConsole(folder))),
    ).toBeUndefined();
  });
});

it('checks a template against the rules of the services that it uses', () => {
  const rules = ruleFoldersFor({
    Resources: {
      A: { Type: 'AWS::ApiGatewayV2::Route' },
      B: { Type: 'AWS::Logs::LogGroup' },
      C: { Type: 'Custom::Resource' },
    },
  });
  expect(rules.map((path) => path.split('/').at(-1))).toEqual(['apigateway', 'cloudwatch']);
});
