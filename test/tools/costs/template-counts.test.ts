import { expect, it } from 'vitest';
import type { Template } from '#lib/checks/template.ts';
import {
  countAlarmMetrics,
  countInterfaceEndpoints,
  findScheduledFunctions,
  findUnknownTypes,
  memoryOf,
  resourcesOfType,
} from '#tools/costs/template-counts.ts';

function template(...resources: readonly { Type: string; Properties?: Record<string, unknown> }[]): Template {
  return { Resources: Object.fromEntries(resources.map((resource, index) => [`R${index}`, resource])) };
}

it('returns the resources of a type in all templates', () => {
  const nat = { Type: 'AWS::EC2::NatGateway' };
  expect(resourcesOfType([template(nat, nat), template(nat), {}], 'AWS::EC2::NatGateway')).toHaveLength(3);
});

it('returns each type without a known price once', () => {
  const queue = { Type: 'AWS::SQS::Queue' };
  const database = { Type: 'AWS::RDS::DBInstance' };
  expect(findUnknownTypes([template(queue, database), template(database)])).toEqual(['AWS::RDS::DBInstance']);
});

it('counts interface endpoints by zone, and no gateway endpoints', () => {
  const endpoint = (VpcEndpointType: string, SubnetIds?: unknown) => ({
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: { VpcEndpointType, SubnetIds },
  });
  expect(
    countInterfaceEndpoints([template(endpoint('Interface', ['a', 'b', 'c']), endpoint('Gateway', ['a']))]),
  ).toBe(3);
});

it('counts the metrics of alarms', () => {
  const plain = { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } };
  const stat = { MetricStat: {} };
  const sum = {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { Metrics: [{ Expression: 'a + b' }, stat, stat] },
  };
  expect(countAlarmMetrics([template(plain, sum)])).toBe(3);
});

it.each([
  ['rate(1 minute)', 1],
  ['rate(10 minutes)', 10],
  ['rate(1 hour)', 60],
  ['rate(2 days)', 2880],
])('parses %s', (ScheduleExpression, everyMinutes) => {
  const withRule = template(
    { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 256 } },
    {
      Type: 'AWS::Events::Rule',
      Properties: { ScheduleExpression, Targets: [{ Arn: { 'Fn::GetAtt': ['R0', 'Arn'] } }] },
    },
    { Type: 'AWS::Events::Rule', Properties: { EventPattern: {}, Targets: [{ Arn: 'x' }] } },
  );
  expect(findScheduledFunctions([withRule])).toEqual([{ everyMinutes, memoryMib: 256 }]);
});

it('rejects other schedules and targets', () => {
  const rule = (ScheduleExpression: string, Targets: unknown) =>
    template({ Type: 'AWS::Events::Rule', Properties: { ScheduleExpression, Targets } });
  expect(() => findScheduledFunctions([rule('cron(0 3 * * ? *)', [{}])])).toThrow('not a rate: cron');
  expect(() => findScheduledFunctions([rule('rate(1 hour)', [{ Arn: 'x' }])])).toThrow(
    'the template has no function',
  );
  expect(() => memoryOf({ Resources: {} }, { 'Fn::GetAtt': ['R0', 'Arn'] })).toThrow(
    'the template has no function',
  );
});
