import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import { valueToText } from '#lib/checks/template.ts';
import { natUserData } from '#lib/constructs/nat-instance.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, synthesizeWithoutApi, valueAt } from './synthesize.ts';

describe('the way to the internet', () => {
  /** The default routes of the private subnets, by zone. */
  function privateRoutes({ all }: SynthesizedApp): readonly string[] {
    return all('network', 'AWS::EC2::Route')
      .filter(([id]) => id.includes('private'))
      .map(([id, { Properties = {} }]) => {
        const target = valueToText(Properties.NatGatewayId ?? Properties.NetworkInterfaceId);
        return `${/private(Subnet\d)/.exec(id)?.[1]} by ${/publicSubnet\d(NATGateway|NatInterface)/.exec(target)?.[0]}`;
      })
      .sort();
  }

  const stageWith = (own: object) => someStage({ network: { own: { zones: 2, ...own } } });
  const withOwn = (own: object) => synthesizeWithoutApi(stageWith(own));

  it.each([
    ['natGateways', 'AWS::EC2::NatGateway', 'NATGateway'],
    ['natInstance', 'AWS::AutoScaling::AutoScalingGroup', 'NatInterface'],
  ])('is by %s in one zone or in each', async (egress, type, target) => {
    const one = await withOwn({ egress });
    expect(one.all('network', type)).toHaveLength(1);
    expect(one.all('network', 'AWS::EC2::EIP')).toHaveLength(1);
    expect(privateRoutes(one)).toEqual([
      `Subnet1 by publicSubnet1${target}`,
      `Subnet2 by publicSubnet1${target}`,
    ]);
    const each = await withOwn({ egress, egressZones: 'each' });
    expect(each.all('network', type)).toHaveLength(2);
    expect(each.all('network', 'AWS::EC2::EIP')).toHaveLength(2);
    expect(privateRoutes(each)).toEqual([
      `Subnet1 by publicSubnet1${target}`,
      `Subnet2 by publicSubnet2${target}`,
    ]);
  });

  it.each(['one', 'each'])('is not created with `none` and egressZones `%s`', async (egressZones) => {
    const none = await synthesize(stageWith({ egress: 'none', egressZones }));
    for (const type of ['NatGateway', 'EIP', 'InternetGateway', 'Route']) {
      expect(none.all('network', `AWS::EC2::${type}`), type).toEqual([]);
    }
    const subnets = (other: SynthesizedApp) =>
      other
        .all('network', 'AWS::EC2::Subnet')
        .filter(([id]) => id.includes('private'))
        .map(([id, { Properties }]) => [id, Properties?.CidrBlock]);
    expect(subnets(none)).toEqual(subnets(await withOwn({})));
    expect(JSON.stringify(none.assert('network').findOutputs('PrivateRouteTables'))).toMatch(
      /privateSubnet1RouteTable.*privateSubnet2RouteTable/,
    );
    const [group] = none.all('cluster', 'AWS::AutoScaling::AutoScalingGroup');
    expect(group?.[1].Properties?.VPCZoneIdentifier).toHaveLength(2);
    const drive = none.all('api', 'AWS::Lambda::Function').find(([id]) => id.startsWith('driveFunction'));
    expect(valueToText(valueAt(drive?.[1].Properties, 'Environment', 'Variables', 'WB_SUBNETS'))).toMatch(
      /privateSubnet1.*,.*privateSubnet2/,
    );
  });
});

describe('a NAT instance', () => {
  let nat: SynthesizedApp;
  beforeAll(async () => {
    nat = await synthesizeWithoutApi(
      someStage({ network: { own: { egress: 'natInstance', cidr: '10.7.0.0/16' } } }),
    );
  });

  it('forwards packets for its subnets through an interface that outlives it', () => {
    const template = nat.assert('network');
    template.hasResourceProperties('AWS::EC2::NetworkInterface', { SourceDestCheck: false });
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { NetworkInterfaces: [{ DeviceIndex: 0, DeleteOnTermination: false }] },
    });
  });

  it('is replaced in its zone after the old instance is terminated', () => {
    const [group] = nat.all('network', 'AWS::AutoScaling::AutoScalingGroup');
    const [subnet] = nat.all('network', 'AWS::EC2::Subnet').filter(([id]) => id.includes('publicSubnet1'));
    expect(group?.[1].Properties).toMatchObject({
      MinSize: '1',
      MaxSize: '1',
      AvailabilityZones: [subnet?.[1].Properties?.AvailabilityZone],
      InstanceMaintenancePolicy: { MinHealthyPercentage: 0, MaxHealthyPercentage: 100 },
      MaxInstanceLifetime: 30 * 24 * 3600,
    });
    expect(group?.[1].Properties).not.toHaveProperty('VPCZoneIdentifier');
  });

  it('has no role, requires tokens for its metadata and accepts connections of the VPC only', () => {
    const [template] = nat.all('network', 'AWS::EC2::LaunchTemplate');
    const data = template?.[1].Properties?.LaunchTemplateData;
    expect(data).not.toHaveProperty('IamInstanceProfile');
    expect(data).not.toHaveProperty('KeyName');
    expect(data).toMatchObject({
      InstanceType: 't4g.nano',
      CreditSpecification: { CpuCredits: 'standard' },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    const [group] = nat
      .all('network', 'AWS::EC2::SecurityGroup')
      .filter(([id]) => id.includes('NatInstances'));
    expect(group?.[1].Properties?.SecurityGroupIngress).toMatchObject([{ CidrIp: '10.7.0.0/16' }]);
  });

  it('does not get the tag with which the controller may terminate instances', () => {
    const [group] = nat.all('network', 'AWS::AutoScaling::AutoScalingGroup');
    const tags = group?.[1].Properties?.Tags as readonly {
      readonly Key: string;
      PropagateAtLaunch: boolean;
    }[];
    expect(tags.filter(({ PropagateAtLaunch }) => PropagateAtLaunch).map(({ Key }) => Key)).toEqual(['Name']);
    expect(tags.map(({ Key }) => Key)).toContain(INSTALLATION_TAG);
  });

  it('is set up by a script that a shell accepts', () => {
    const script = natUserData('10.7.0.0/16');
    expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(script).toContain('ip saddr 10.7.0.0/16 ip daddr != 10.7.0.0/16 masquerade');
  });
});
