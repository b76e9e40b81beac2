import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { INSTALLATION_TAG, PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { Resource } from '#lib/checks/template.ts';
import { valueToText } from '#lib/checks/template.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(
    someStage({
      capacityProviders: [
        { name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 4 },
        { name: 'spot', instanceTypes: ['m6i.2xlarge'], maxInstances: 30, spot: true, pricePerHour: 0.2 },
        { name: 'gpu', instanceTypes: ['g4dn.xlarge'], maxInstances: 2 },
      ],
      dedicated: { instanceTypes: ['m6i.large', 'g5.xlarge'] },
    }),
  );
});

interface TemplateData {
  readonly UserData?: unknown;
  readonly ImageId?: unknown;
  readonly [name: string]: unknown;
}

function launchTemplates(): readonly (readonly [string, TemplateData])[] {
  return app
    .all('cluster', 'AWS::EC2::LaunchTemplate')
    .map(([id, { Properties }]) => [id, Properties?.LaunchTemplateData as TemplateData]);
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

  it('of a capacity provider join the cluster, block instance metadata and allow no privileged containers', () => {
    const userData = valueToText(find(launchTemplates(), 'standard').UserData);
    expect(userData).toContain('ECS_CLUSTER=workbench-some');
    expect(find(launchTemplates(), 'standard').UserData).toMatchObject({
      'Fn::Base64': expect.stringContaining(
        `ECS_INSTANCE_ATTRIBUTES={"${PROVIDER_ATTRIBUTE}":"workbench-some-standard"}\n`,
      ),
    });
    expect(JSON.stringify(find(launchTemplates(), 'standard').UserData)).toMatch(
      /ECS_AWSVPC_BLOCK_IMDS=true.*ECS_DISABLE_PRIVILEGED=true/,
    );
    const spot = JSON.stringify(find(launchTemplates(), 'spot').UserData);
    expect(spot).toContain('ECS_ENABLE_SPOT_INSTANCE_DRAINING=true');
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
      DeletionPolicy: 'Retain',
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
  it('is unchanged by default, and the output says so', () => {
    expect(app.all('cluster', 'Custom::AWS')).toEqual([]);
    app.assert('cluster').hasOutput('AwsvpcTrunking', { Value: Match.stringLikeRegexp('unchanged') });
  });

  it('is turned on for the account if configured, and never off', async () => {
    const other = await synthesize(someStage({ ecs: { awsvpcTrunking: true } }));
    const [setting] = other.all('cluster', 'Custom::AWS');
    const { Create, Update, Delete } = setting?.[1].Properties ?? {};
    for (const call of [Create, Update]) {
      // CDK's custom resource reads these properties as JSON text.
      expect(JSON.parse(String(call))).toMatchObject({
        service: 'ECS',
        action: 'putAccountSettingDefault',
        parameters: { name: 'awsvpcTrunking', value: 'enabled' },
      });
    }
    expect(Delete).toBeUndefined();
  });
});
