import { expect, it } from 'vitest';
import type { Template } from '#lib/checks/template.ts';
import { DEFAULTS } from '#tools/costs/assumptions.ts';
import { idleBill } from '#tools/costs/idle.ts';
import { totalUsd } from '#tools/costs/prices.ts';

const LOGS = { logs: { retentionDays: 30, workbenchRetentionDays: 14 } } as const;

function billOf(Resources: NonNullable<Template['Resources']>, changes: Partial<typeof DEFAULTS> = {}) {
  const lines = idleBill([{ Resources }], LOGS, { ...DEFAULTS, ...changes });
  return Object.fromEntries(lines.filter(({ quantity }) => quantity > 0).map(({ what, usd }) => [what, usd]));
}

it('of nothing is nothing', () => {
  expect(totalUsd(idleBill([{ Resources: {} }], LOGS, DEFAULTS))).toBe(0);
});

it('counts what is paid by the hour for a whole month', () => {
  const bill = billOf({ N: { Type: 'AWS::EC2::NatGateway' }, E: { Type: 'AWS::EC2::EIP' } });
  expect(bill).toEqual({
    'NAT gateways': expect.closeTo(0.045 * 730),
    'Their public addresses': expect.closeTo(0.005 * 730),
  });
});

it('leaves out three dashboards of the account, less those of others', () => {
  const two = { A: { Type: 'AWS::CloudWatch::Dashboard' }, B: { Type: 'AWS::CloudWatch::Dashboard' } };
  expect(billOf(two)).toEqual({ Dashboards: 0 });
  expect(billOf(two, { 'other-dashboards': 2 })).toEqual({ Dashboards: 3 });
  expect(billOf(two, { 'other-dashboards': 9 })).toEqual({ Dashboards: 6 });
});

it('counts what a schedule runs, reads, writes and logs', () => {
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
    'Schedules: running': expect.closeTo(runs * 0.5 * 0.0000133334),
    'Schedules: reads of the table': expect.closeTo(runs * 1000 * 0.125e-6),
    'Schedules: their reports': expect.closeTo(runs * 100 * 0.625e-6),
    'Logs: of the schedules': expect.closeTo(runs * 1e-3 * 0.5),
    'Logs: kept': expect.closeTo((runs * 1e-3 * 30 * 0.03) / (730 / 24)),
  });
});

it('knows what the pass of each minute reads: a query of half a unit for each of four shards, and no report', () => {
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
  expect(bill['Schedules: reads of the table']).toBeCloseTo(730 * 60 * 2 * 0.125e-6);
  expect(bill).not.toHaveProperty('Schedules: their reports');
});

it('counts the requests with which Lambda waits at a queue', () => {
  const bill = billOf({ M: { Type: 'AWS::Lambda::EventSourceMapping' } });
  expect(bill).toEqual({ 'Waiting at the queues': expect.closeTo(((730 * 3600) / 20) * 5 * 0.4e-6) });
});

it('refuses a template with something of which it does not know what it costs', () => {
  expect(() => billOf({ D: { Type: 'AWS::RDS::DBInstance' } })).toThrow('does not know AWS::RDS::DBInstance');
});
