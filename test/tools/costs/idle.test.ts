import { describe, expect, it } from 'vitest';
import type { Template } from '#lib/checks/template.ts';
import { DEFAULTS } from '#tools/costs/assumptions.ts';
import { idleBill } from '#tools/costs/idle.ts';
import { totalUsd } from '#tools/costs/prices.ts';

const LOGS = { logs: { retentionDays: 30, workbenchRetentionDays: 14 } } as const;

function billOf(Resources: NonNullable<Template['Resources']>, changes: Partial<typeof DEFAULTS> = {}) {
  const lines = idleBill([{ Resources }], LOGS, { ...DEFAULTS, ...changes });
  return Object.fromEntries(
    lines.filter(({ quantity }) => quantity > 0).map(({ label, usd }) => [label, usd]),
  );
}

it('is 0 without resources', () => {
  expect(totalUsd(idleBill([{ Resources: {} }], LOGS, DEFAULTS))).toBe(0);
});

it('includes hourly prices for a whole month', () => {
  const bill = billOf({ N: { Type: 'AWS::EC2::NatGateway' }, E: { Type: 'AWS::EC2::EIP' } });
  expect(bill).toEqual({
    'NAT gateways': expect.closeTo(0.045 * 730),
    'Public addresses of NATs': expect.closeTo(0.005 * 730),
  });
});

const natGroup = (InstanceType: string) => ({
  G: {
    Type: 'AWS::AutoScaling::AutoScalingGroup',
    Properties: { MinSize: '1', LaunchTemplate: { LaunchTemplateId: { Ref: 'T' } } },
  },
  T: {
    Type: 'AWS::EC2::LaunchTemplate',
    Properties: {
      LaunchTemplateData: { InstanceType, BlockDeviceMappings: [{ Ebs: { VolumeSize: 8 } }] },
    },
  },
});

it('includes NAT instances with their disks, and no other groups', () => {
  const provider = { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { MinSize: '0' } };
  expect(billOf({ ...natGroup('t4g.nano'), P: provider })).toEqual({
    'NAT instances': expect.closeTo(0.0042 * 730),
    'Disks of NAT instances': expect.closeTo(0.64),
  });
});

it('rejects an idle instance without a known price', () => {
  expect(() => billOf(natGroup('m6i.large'))).toThrow('no price for an idle m6i.large');
});

it('subtracts the free dashboards of the account that others do not use', () => {
  const two = { A: { Type: 'AWS::CloudWatch::Dashboard' }, B: { Type: 'AWS::CloudWatch::Dashboard' } };
  expect(billOf(two)).toEqual({ Dashboards: 0 });
  expect(billOf(two, { 'other-dashboards': 2 })).toEqual({ Dashboards: 3 });
  expect(billOf(two, { 'other-dashboards': 9 })).toEqual({ Dashboards: 6 });
});

it('includes runs, reads, writes and logs of a schedule', () => {
  const schedule = (everyMinutes: string) => ({
    F: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 512 } },
    S: {
      Type: 'AWS::Events::Rule',
      Properties: { ScheduleExpression: everyMinutes, Targets: [{ Arn: { 'Fn::GetAtt': ['F', 'Arn'] } }] },
    },
  });
  const bill = billOf(schedule('rate(10 minutes)'), {
    'schedule-ms': 1000,
    'schedule-reads': 1000,
    'schedule-writes': 100,
    'function-log-bytes': 1e6,
  });
  const runs = 730 * 6;
  expect(bill).toEqual({
    'Schedules: invocations': expect.closeTo(runs * 0.2e-6),
    'Schedules: duration': expect.closeTo(runs * 0.5 * 0.0000133334),
    'Schedules: table reads': expect.closeTo(runs * 1000 * 0.125e-6),
    'Schedules: reports': expect.closeTo(runs * 100 * 0.625e-6),
    'Logs: schedules': expect.closeTo(runs * 1e-3 * 0.5),
    'Logs: storage': expect.closeTo((runs * 1e-3 * 30 * 0.03) / (730 / 24)),
  });
});

it('includes half a read unit for each of four shards, and no report, for the sweep of due records', () => {
  const bill = billOf({
    F: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 512 } },
    S: {
      Type: 'AWS::Events::Rule',
      Properties: {
        ScheduleExpression: 'rate(1 minute)',
        Targets: [{ Arn: { 'Fn::GetAtt': ['F', 'Arn'] } }],
      },
    },
  });
  expect(bill['Schedules: table reads']).toBeCloseTo(730 * 60 * 2 * 0.125e-6);
  expect(bill).not.toHaveProperty('Schedules: reports');
});

it('includes the requests with which Lambda polls a queue', () => {
  const bill = billOf({ M: { Type: 'AWS::Lambda::EventSourceMapping' } });
  expect(bill).toEqual({ 'Queue polling': expect.closeTo(((730 * 3600) / 20) * 5 * 0.4e-6) });
});

it('rejects a resource type without a known price', () => {
  expect(() => billOf({ D: { Type: 'AWS::RDS::DBInstance' } })).toThrow('no price for AWS::RDS::DBInstance');
});

describe('the bill of the gate', () => {
  const service = (CpuArchitecture: string, properties: object) => ({
    S: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: { Ref: 'T' }, ...properties } },
    T: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: { Cpu: '256', Memory: '512', RuntimePlatform: { CpuArchitecture } },
    },
  });

  it('includes the load balancer with an address in each subnet if it is internet-facing', () => {
    const balancer = (Scheme: string) =>
      billOf({
        L: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Scheme, Subnets: ['a', 'b'] } },
      });
    expect(balancer('internal')).toEqual({ 'Gate: load balancer': expect.closeTo(0.0225 * 730) });
    expect(balancer('internet-facing')).toEqual({
      'Gate: load balancer': expect.closeTo(0.0225 * 730),
      'Gate: public addresses': expect.closeTo(2 * 0.005 * 730),
    });
  });

  it('includes the fixed number of tasks, or the minimum of a service that is scaled', () => {
    const two = {
      'Gate: tasks, CPU': expect.closeTo(2 * 0.25 * 0.04048 * 730),
      'Gate: tasks, memory': expect.closeTo(2 * 0.5 * 0.004445 * 730),
    };
    expect(billOf(service('X86_64', { DesiredCount: 2 }))).toEqual(two);
    const scaling = { Type: 'AWS::ApplicationAutoScaling::ScalableTarget', Properties: { MinCapacity: 2 } };
    expect(billOf({ ...service('X86_64', {}), A: scaling })).toEqual(two);
  });

  it('has the lower prices of arm64', () => {
    expect(billOf(service('ARM64', { DesiredCount: 1 }))).toEqual({
      'Gate: tasks, CPU (arm64)': expect.closeTo(0.25 * 0.03238 * 730),
      'Gate: tasks, memory (arm64)': expect.closeTo(0.5 * 0.00356 * 730),
    });
  });

  it('rejects a service without a number of tasks', () => {
    expect(() => billOf(service('X86_64', {}))).toThrow('no number or size of tasks');
  });
});
