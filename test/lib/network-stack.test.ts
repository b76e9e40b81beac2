import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueToText } from '#lib/checks/template.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesizeWithoutApi } from './synthesize.ts';

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
