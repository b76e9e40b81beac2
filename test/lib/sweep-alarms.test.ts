import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { SWEEPS } from '#core/reconcile/report.ts';
import { largerStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

const EVERY_MINUTES = {
  active: DEPLOYED['sweep-active'].startedBy.everyMinutes,
  tasks: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  hosts: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  volumes: DEPLOYED['sweep-volumes'].startedBy.everyMinutes,
  cluster: DEPLOYED['sweep-cluster'].startedBy.everyMinutes,
  quotas: DEPLOYED['sweep-quotas'].startedBy.everyMinutes,
};

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(largerStage());
});

function findAlarm(name: string): Readonly<Record<string, unknown>> {
  const alarms = app.all('monitoring', 'AWS::CloudWatch::Alarm').map(([, { Properties = {} }]) => Properties);
  const properties = alarms.find(({ AlarmName }) => AlarmName === `workbench-some ${name}`);
  if (properties === undefined) throw new Error(`there is no alarm ${name}`);
  return properties;
}

/** Returns the period in seconds. In a sum of metrics, each metric has it. */
function periodOf(properties: Readonly<Record<string, unknown>>): number {
  return Number(properties.Period ?? valueAt(properties.Metrics, '1', 'MetricStat', 'Period'));
}

describe('a sweep', () => {
  it.each(SWEEPS)('of %s that fails each time raises an alarm', (sweep) => {
    const properties = findAlarm(`sweep of ${sweep} failing`);
    expect(properties).toMatchObject({
      ...{ MetricName: 'sweep_aborted', Threshold: 1, EvaluationPeriods: 2 },
      ...{ Dimensions: [{ Name: 'sweep', Value: sweep }], TreatMissingData: 'notBreaching' },
    });
    expect(periodOf(properties)).toBeGreaterThan(EVERY_MINUTES[sweep] * 60);
  });

  it.each(SWEEPS)('of %s that does not complete raises an alarm, even without data', (sweep) => {
    const properties = findAlarm(`sweep of ${sweep} not completing`);
    expect(properties).toMatchObject({
      ...{ MetricName: 'sweep_completed', Threshold: 1, ComparisonOperator: 'LessThanThreshold' },
      ...{ Dimensions: [{ Name: 'sweep', Value: sweep }], TreatMissingData: 'breaching' },
    });
    expect(periodOf(properties)).toBeGreaterThan(EVERY_MINUTES[sweep] * 60);
  });

  it.each(['tasks', 'hosts'] as const)(
    'of %s over its deletion limit raises an alarm that persists',
    (sweep) => {
      const properties = findAlarm(`sweep of ${sweep} over deletion limit`);
      expect(properties).toMatchObject({
        MetricName: 'deletion_limit_exceeded',
        Threshold: 1,
        EvaluationPeriods: 1,
      });
      expect(periodOf(properties)).toBeGreaterThan(EVERY_MINUTES[sweep] * 60);
    },
  );

  it('of volumes over its deletion limit raises an alarm until its shard is swept again', () => {
    expect(periodOf(findAlarm('sweep of volumes over deletion limit'))).toBe(86_400);
  });
});

it('one quarantined volume raises an alarm', () => {
  expect(findAlarm('volumes quarantined')).toMatchObject({
    ...{ MetricName: 'sweep_quarantined', Threshold: 1, EvaluationPeriods: 1 },
    Dimensions: [{ Name: 'sweep', Value: 'volumes' }],
  });
});

it('one repair that fails in each sweep raises an alarm', () => {
  const properties = findAlarm('repairs failing');
  expect(properties).toMatchObject({ Threshold: 1, EvaluationPeriods: 2 });
  expect(periodOf(properties)).toBeGreaterThan(60 * 60);
});

it('a function that always fails raises an alarm, even on a slow schedule', () => {
  for (const [name, { startedBy, stack }] of Object.entries(DEPLOYED) as [string, DeployedFunction][]) {
    if (startedBy.by !== 'schedule' || stack !== undefined) continue;
    const properties = findAlarm(`${name} errors`);
    const runs = Math.floor(periodOf(properties) / 60 / startedBy.everyMinutes);
    expect([name, runs > Number(properties.Threshold)]).toEqual([name, true]);
  }
});

it('no alarm evaluates a longer time than CloudWatch allows', () => {
  for (const [, { Properties = {} }] of app.all('monitoring', 'AWS::CloudWatch::Alarm')) {
    const seconds = periodOf(Properties) * Number(Properties.EvaluationPeriods);
    const days = periodOf(Properties) >= 3600 ? 7 : 1;
    expect(seconds).toBeLessThanOrEqual(days * 86_400);
  }
});
