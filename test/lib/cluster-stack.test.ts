import { App } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { instanceUserData } from '#contract/instance-user-data.ts';
import { formatProviders } from '#contract/settings/capacity-settings.ts';
import { INSTALLATION_TAG, PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { Resource } from '#lib/checks/template.ts';
import { valueToText } from '#lib/checks/template.ts';
import { ClusterStack } from '#lib/cluster-stack.ts';
import { NetworkStack } from '#lib/network-stack.ts';
import { largerStage, someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, synthesizeWithoutApi, valueAt } from './synthesize.ts';

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(largerStage());
});

interface TemplateData {
  readonly UserData?: unknown;
  readonly ImageId?: unknown;
  readonly [name: string]: unknown;
}

function launchTemplates(): readonly (readonly [string, TemplateData])[] {
  return [
    ...app.all('cluster', 'AWS::EC2::LaunchTemplate'),
    // Those of hosts.
    ...app.all('api', 'AWS::EC2::LaunchTemplate'),
  ].map(([id, { Properties }]) => [id, Properties?.LaunchTemplateData as TemplateData]);
}

function find<T>(entries: readonly (readonly [string, T])[], name: string): T {
  const found = entries.find(([id]) => id.includes(name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found[1];
}

const groups = (): readonly (readonly [string, Resource])[] =>
  app.all('cluster', 'AWS::AutoScaling::AutoScalingGroup');

describe('instances', () => {
  it('hide their credentials from containers, and have encrypted disks', () => {
    expect(launchTemplates()).toHaveLength(5);
    for (const [, data] of launchTemplates()) {
      expect(data).toMatchObject({
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeType: 'gp3' } }],
        IamInstanceProfile: expect.anything(),
      });
    }
  });

  it('of a capacity provider have the tags that the adapters read', () => {
    for (const [, { Properties }] of groups()) {
      expect(Properties?.Tags).toEqual(
        expect.arrayContaining([
          { Key: INSTALLATION_TAG, Value: 'workbench-some', PropagateAtLaunch: true },
          { Key: 'AmazonECSManaged', Value: 'true', PropagateAtLaunch: true },
        ]),
      );
    }
  });

  it('of a capacity provider have the user data of all instances, with the name of the provider', () => {
    const options = (provider: string) => ({
      cluster: 'workbench-some',
      attributes: { [PROVIDER_ATTRIBUTE]: provider },
      pinnedImage: false,
    });
    const userDataOf = (name: string) => find(launchTemplates(), name).UserData;
    expect(userDataOf('standard')).toEqual({
      'Fn::Base64': instanceUserData(options('workbench-some-standard')),
    });
    expect(userDataOf('gpu')).toEqual({ 'Fn::Base64': instanceUserData(options('workbench-some-gpu')) });
    expect(userDataOf('spot')).toEqual({
      'Fn::Base64': instanceUserData({ ...options('workbench-some-spot'), spot: true }),
    });
  });

  it('pull a pinned image once', async () => {
    const other = await synthesizeWithoutApi(someStage({ image: { tag: '1.0.0' } }));
    const [[, template] = []] = other.all('cluster', 'AWS::EC2::LaunchTemplate');
    expect(JSON.stringify(template)).toContain('ECS_IMAGE_PULL_BEHAVIOR=once');
  });

  it('can have a trunk network interface: no A record for the name of the instance', () => {
    for (const [, data] of launchTemplates()) {
      expect(data.PrivateDnsNameOptions).toEqual({ EnableResourceNameDnsARecord: false });
    }
  });

  it('of capacity providers have disks with more throughput than those of hosts', () => {
    const throughputOf = (name: string) => {
      const [device] = find(launchTemplates(), name).BlockDeviceMappings as [{ Ebs: { Throughput: number } }];
      return device.Ebs.Throughput;
    };
    expect(['standard', 'spot', 'HostTemplate'].map(throughputOf)).toEqual([250, 500, 125]);
  });

  it('with GPUs have the GPU AMI', () => {
    const image = (name: string) => valueToText(find(launchTemplates(), name).ImageId);
    expect(image('Providergpu')).toContain('gpurecommended');
    expect(image('HostGpuTemplate')).toContain('gpurecommended');
    expect(image('HostTemplate')).not.toContain('gpurecommended');
  });
});

describe('a capacity provider', () => {
  it('can have no instances, and protects instances from scale-in', () => {
    for (const [, { Properties }] of groups()) {
      expect(Properties).toMatchObject({ MinSize: '0', NewInstancesProtectedFromScaleIn: true });
      expect(Properties).not.toHaveProperty('DesiredCapacity');
    }
    expect(find(groups(), 'standard').Properties?.MaxSize).toBe('4');
  });

  it('is scaled, protected and drained by ECS', () => {
    const providers = app.all('cluster', 'AWS::ECS::CapacityProvider');
    expect(providers.map(([, { Properties }]) => Properties?.Name)).toEqual([
      'workbench-some-standard',
      'workbench-some-spot',
      'workbench-some-gpu',
    ]);
    for (const [, { Properties }] of providers) {
      expect(Properties?.AutoScalingGroupProvider).toMatchObject({
        ManagedScaling: { Status: 'ENABLED', TargetCapacity: 100 },
        ManagedTerminationProtection: 'ENABLED',
        ManagedDraining: 'ENABLED',
      });
    }
  });

  it('uses spot instances if configured', () => {
    const distributionOf = (name: string) =>
      valueAt(find(groups(), name), 'Properties', 'MixedInstancesPolicy', 'InstancesDistribution');
    expect(distributionOf('spot')).toMatchObject({ OnDemandPercentageAboveBaseCapacity: 0 });
    expect(distributionOf('standard')).toMatchObject({ OnDemandPercentageAboveBaseCapacity: 100 });
  });

  it('is associated with the cluster, which has no default strategy', () => {
    app.assert('cluster').hasResourceProperties('AWS::ECS::ClusterCapacityProviderAssociations', {
      CapacityProviders: [{}, {}, {}].map((_, index) => ({
        Ref: app.all('cluster', 'AWS::ECS::CapacityProvider')[index]?.[0],
      })),
      DefaultCapacityProviderStrategy: [],
    });
  });
});

describe('the image repository', () => {
  it('scans images, has immutable tags except `latest`, and is retained', () => {
    const [repository] = app.all('cluster', 'AWS::ECR::Repository');
    expect(repository?.[1]).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        ImageScanningConfiguration: { ScanOnPush: true },
        ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        ImageTagMutabilityExclusionFilters: [
          {
            ImageTagMutabilityExclusionFilterType: 'WILDCARD',
            ImageTagMutabilityExclusionFilterValue: 'latest',
          },
        ],
      },
    });
    expect(JSON.stringify(repository?.[1].Properties?.LifecyclePolicy)).toContain('untagged');
  });
});

describe('trunking', () => {
  const settingOf = (synthesized: SynthesizedApp) => synthesized.all('cluster', 'Custom::AWS')[0]?.[1];
  /** CDK's custom resource reads its calls as JSON text. */
  const callsOf = ({ Properties = {} }: Resource) =>
    ['Create', 'Update', 'Delete'].map((event) =>
      Properties[event] === undefined ? undefined : JSON.parse(String(Properties[event])),
    );
  /** The statements of the policy that is named after the construct. */
  const statements = (synthesized: SynthesizedApp) =>
    valueAt(
      find(synthesized.all('cluster', 'AWS::IAM::Policy'), 'TrunkingPermissions'),
      ...['Properties', 'PolicyDocument', 'Statement'],
    ) as readonly Readonly<Record<string, unknown>>[];
  const functionRole = (synthesized: SynthesizedApp) =>
    valueToText(valueAt(synthesized.all('cluster', 'AWS::Lambda::Function')[0]?.[1], 'Properties', 'Role'));

  it('is turned on for the role of the instances, which makes the call itself', () => {
    const [create, update, remove] = callsOf(settingOf(app) as Resource);
    for (const call of [create, update]) {
      expect(call).toMatchObject({
        service: 'ECS',
        action: 'putAccountSetting',
        // Another principal may be named by the root user only.
        parameters: { name: 'awsvpcTrunking', value: 'enabled' },
        physicalResourceId: { id: 'awsvpcTrunking' },
      });
      expect(Object.keys(call.parameters)).toEqual(['name', 'value']);
    }
    expect(remove).toMatchObject({
      action: 'deleteAccountSetting',
      parameters: { name: 'awsvpcTrunking' },
      ignoreErrorCodesMatching: '.*',
    });
    expect(functionRole(app)).toContain('InstanceRole');
    expect(statements(app)).toEqual([
      expect.objectContaining({ Sid: 'WriteOwnLog' }),
      {
        Sid: 'OptIn',
        Effect: 'Allow',
        Action: ['ecs:DeleteAccountSetting', 'ecs:PutAccountSetting'],
        Resource: '*',
        Condition: { StringEquals: { 'ecs:account-setting': 'awsvpcTrunking' } },
      },
    ]);
    app.assert('cluster').hasOutput('AwsvpcTrunking', { Value: 'on for the role of the instances' });
  });

  it('is turned on again for another role', () => {
    expect(valueToText(valueAt(settingOf(app), 'Properties', 'TurnedOnBy'))).toContain('InstanceRole');
  });

  it('may use the role of the instances, which Lambda and EC2 alone can assume', () => {
    const role = find(app.all('cluster', 'AWS::IAM::Role'), 'InstanceRole');
    const trusted = valueAt(
      role,
      'Properties',
      'AssumeRolePolicyDocument',
      'Statement',
    ) as readonly unknown[];
    expect(trusted).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] },
      },
    ]);
  });

  it('is turned on before a group can launch an instance, and after the permission', () => {
    const [[id, setting] = ['', undefined]] = app.all('cluster', 'Custom::AWS');
    for (const [, group] of groups()) expect(valueAt(group, 'DependsOn')).toContain(id);
    expect(valueAt(setting, 'DependsOn')).toEqual(
      expect.arrayContaining([expect.stringContaining('TrunkingPermissions')]),
    );
  });

  it('is turned on for the account if configured, and never off', async () => {
    const other = await synthesizeWithoutApi(someStage({ ecs: { awsvpcTrunking: 'account' } }));
    const [create, update, remove] = callsOf(settingOf(other) as Resource);
    for (const call of [create, update]) {
      expect(call).toMatchObject({
        service: 'ECS',
        action: 'putAccountSettingDefault',
        parameters: { name: 'awsvpcTrunking', value: 'enabled' },
      });
    }
    expect(remove).toBeUndefined();
    expect(functionRole(other)).not.toContain('InstanceRole');
    expect(statements(other)[1]).toMatchObject({
      Action: 'ecs:PutAccountSettingDefault',
      Condition: { StringEquals: { 'ecs:account-setting': 'awsvpcTrunking' } },
    });
    other.assert('cluster').hasOutput('AwsvpcTrunking', { Value: 'on for the account and region' });
  });

  it('is unchanged if it is off, and the output says so', async () => {
    const other = await synthesizeWithoutApi(someStage({ ecs: { awsvpcTrunking: 'off' } }));
    expect(other.all('cluster', 'Custom::AWS')).toEqual([]);
    other.assert('cluster').hasOutput('AwsvpcTrunking', { Value: Match.stringLikeRegexp('unchanged') });
  });

  it('decides for how many tasks a new instance is expected to have network interfaces', () => {
    const interfacesOf = (awsvpcTrunking: string) => {
      const settings = someStage({ ecs: { awsvpcTrunking } });
      const stack = new App();
      const { capacityProviders } = new ClusterStack(
        stack,
        settings,
        new NetworkStack(stack, settings).network,
      );
      return formatProviders(capacityProviders.map(({ capacity }) => capacity));
    };
    expect(interfacesOf('role')).toContain(',20,20,3,');
    expect(interfacesOf('account')).toContain(',20,20,3,');
    expect(interfacesOf('off')).toContain(',3,20,3,');
    const drive = find(app.all('api', 'AWS::Lambda::Function'), 'driveFunction');
    const deployed = valueAt(drive, 'Properties', 'Environment', 'Variables', 'WB_CAPACITY_PROVIDERS');
    expect(deployed).toContain(',20,20,3,');
  });
});
