import { spawnSync } from 'node:child_process';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import { valueToText } from '#lib/checks/template.ts';
import { natUserData } from '#lib/constructs/nat-instance.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, synthesizeWithoutApi, valueAt } from './synthesize.ts';

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesizeWithoutApi(
    someStage({ network: { egressPorts: [443] }, functions: { WB_CONTAINER_PORT: 9000 } }),
  );
});

/** An address that no traffic has. */
const NOWHERE = '255.255.255.255/32';

interface Rule {
  readonly from: string;
  readonly to: string;
  readonly port: unknown;
}

/** Returns the rules of all security groups. Addresses are returned unchanged. */
function rules(side: 'Ingress' | 'Egress', { all } = app): readonly Rule[] {
  const inlineRules = all('network', 'AWS::EC2::SecurityGroup').flatMap(([id, { Properties }]) =>
    ((Properties?.[`SecurityGroup${side}`] ?? []) as Record<string, unknown>[]).map((rule) => ({
      group: id,
      other: String(rule.CidrIp),
      port: rule.FromPort,
    })),
  );
  const separateRules = all('network', `AWS::EC2::SecurityGroup${side}`).map(([, { Properties = {} }]) => ({
    group: valueToText(Properties.GroupId),
    other: valueToText(Properties.SourceSecurityGroupId ?? Properties.DestinationSecurityGroupId),
    port: Properties.FromPort,
  }));
  return [...inlineRules, ...separateRules].map(({ group, other, port }) => {
    const names = [nameOf(group), nameOf(other)] as const;
    return side === 'Ingress'
      ? { from: names[1], to: names[0], port }
      : { from: names[0], to: names[1], port };
  });
}

/** `<NetworkTasks1234ABCD.GroupId>` → `Tasks`. */
function nameOf(group: string): string {
  return /Network([A-Z][a-z]+)[0-9A-F]{8}/.exec(group)?.[1] ?? group;
}

describe('the security groups', () => {
  it('allow connections to workbenches only from the gateway, on the container port', () => {
    expect(rules('Ingress').filter(({ to }) => to === 'Tasks')).toEqual([
      { from: 'Gateway', to: 'Tasks', port: 9000 },
    ]);
  });

  it('allow connections to file systems only from workbenches and the janitor', () => {
    expect(
      rules('Ingress')
        .filter(({ to }) => to === 'Files')
        .map(({ from, port }) => `${from} ${String(port)}`)
        .sort(),
    ).toEqual(['Janitor 2049', 'Tasks 2049']);
  });

  it('allow no connections to instances, the gateway or the janitor', () => {
    const reached = new Set(rules('Ingress').map(({ to }) => to));
    expect([...reached].sort()).toEqual(['Files', 'Tasks']);
  });

  it('allow workbenches to connect to file systems and the configured ports only', () => {
    expect(
      rules('Egress')
        .filter(({ from }) => from === 'Tasks')
        .map(({ to, port }) => `${to} ${String(port)}`)
        .sort(),
    ).toEqual(['0.0.0.0/0 443', 'Files 2049']);
  });

  it('allow workbenches to connect to the configured addresses only', async () => {
    const network = { egressPorts: [443, 80], egressCidrs: ['203.0.113.0/24', '198.51.100.7/32'] };
    const limited = await synthesizeWithoutApi(someStage({ network }));
    expect(
      rules('Egress', limited)
        .filter(({ from }) => from === 'Tasks')
        .map(({ to, port }) => `${to} ${String(port)}`)
        .sort(),
    ).toEqual([
      '198.51.100.7/32 443',
      '198.51.100.7/32 80',
      '203.0.113.0/24 443',
      '203.0.113.0/24 80',
      'Files 2049',
    ]);
  });

  it('allow the janitor to connect to file systems only', () => {
    const egress = rules('Egress').filter(({ from, to }) => from === 'Janitor' && to !== NOWHERE);
    expect(egress).toEqual([{ from: 'Janitor', to: 'Files', port: 2049 }]);
  });

  it('have an egress rule of their own, because EC2 allows all egress of a group without one', async () => {
    const isolated = await synthesizeWithoutApi(someStage({ network: { egressPorts: [] } }));
    for (const each of [app, isolated]) {
      for (const [, group] of each.all('network', 'AWS::EC2::SecurityGroup')) {
        expect(group.Properties?.SecurityGroupEgress).toEqual(
          expect.arrayContaining([expect.objectContaining({ CidrIp: expect.any(String) })]),
        );
      }
    }
    const tasks = isolated.all('network', 'AWS::EC2::SecurityGroup').find(([id]) => id.includes('Tasks'));
    expect(tasks?.[1].Properties?.SecurityGroupEgress).toMatchObject([{ CidrIp: NOWHERE }]);
  });
});

describe('the VPC', () => {
  it('has only free gateway endpoints', () => {
    const endpoints = app.all('network', 'AWS::EC2::VPCEndpoint');
    expect(endpoints.map(([, { Properties }]) => Properties?.VpcEndpointType)).toEqual([
      'Gateway',
      'Gateway',
    ]);
  });

  it('logs rejected traffic', () => {
    const logs = app.assert('network');
    logs.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
    // The policy of the role must exist before the first delivery.
    logs.hasResource('AWS::EC2::FlowLog', {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('FlowLogsWrites')]),
    });
    logs.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  it('has the configured number of zones', async () => {
    const other = await synthesizeWithoutApi(someStage({ network: { own: { zones: 3 } } }));
    expect(other.all('network', 'AWS::EC2::Subnet')).toHaveLength(6);
  });

  it('can be an existing one, which is not changed', async () => {
    const privateSubnets = ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'];
    const existing = { vpcId: 'vpc-0123456789abcdef0', zones: ['us-west-1a', 'us-west-1c'], privateSubnets };
    const withExisting = await synthesizeWithoutApi(
      someStage({ network: { existing }, region: 'us-west-1', account: '123456789012' }),
    );
    expect(withExisting.all('network', 'AWS::EC2::VPC')).toEqual([]);
    for (const [, group] of withExisting.all('network', 'AWS::EC2::SecurityGroup')) {
      expect(group.Properties?.VpcId).toBe(existing.vpcId);
    }
    const [group] = withExisting.all('cluster', 'AWS::AutoScaling::AutoScalingGroup');
    expect(group?.[1].Properties?.VPCZoneIdentifier).toEqual(privateSubnets);
  });
});

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
    expect(
      valueToText(valueAt(drive?.[1].Properties, 'Environment', 'Variables', 'WB_TASK_SUBNETS')),
    ).toMatch(/privateSubnet1.*,.*privateSubnet2/);
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
