import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { SWEEPS } from '#core/reconcile/report.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

const EVERY_MINUTES = {
  active: DEPLOYED['sweep-active'].startedBy.everyMinutes,
  tasks: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  hosts: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  volumes: DEPLOYED['sweep-volumes'].startedBy.everyMinutes,
  cluster: DEPLOYED['sweep-cluster'].startedBy.everyMinutes,
};

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(someStage());
}, 60_000);

function alarm(name: string): Readonly<Record<string, unknown>> {
  const all = app.all('api', 'AWS::CloudWatch::Alarm').map(([, { Properties = {} }]) => Properties);
  const found = all.find(({ AlarmName }) => AlarmName === `workbench-some ${name}`);
  if (found === undefined) throw new Error(`there is no alarm ${name}`);
  return found;
}

/** Seconds: of a sum of metrics, each has its own. */
function periodOf(properties: Readonly<Record<string, unknown>>): number {
  return Number(properties.Period ?? valueAt(properties.Metrics, '1', 'MetricStat', 'Period'));
}

describe('a sweep', () => {
  it.each(SWEEPS)('of %s that dies each pass is told of, though that is one failure in each', (sweep) => {
    const found = alarm(`sweep of ${sweep} failing`);
    expect(found).toMatchObject({
      ...{ MetricName: 'sweep_aborted', Threshold: 1, EvaluationPeriods: 2 },
      ...{ Dimensions: [{ Name: 'sweep', Value: sweep }], TreatMissingData: 'notBreaching' },
    });
    expect(periodOf(found)).toBeGreaterThan(EVERY_MINUTES[sweep] * 60);
  });

  it.each(SWEEPS)('of %s that does not come to its end is told of, if only by its silence', (sweep) => {
    const found = alarm(`sweep of ${sweep} not completing`);
    expect(found).toMatchObject({
      ...{ MetricName: 'sweep_completed', Threshold: 1, ComparisonOperator: 'LessThanThreshold' },
      ...{ Dimensions: [{ Name: 'sweep', Value: sweep }], TreatMissingData: 'breaching' },
    });
    expect(periodOf(found)).toBeGreaterThan(EVERY_MINUTES[sweep] * 60);
  });

  it.each(['tasks', 'hosts'] as const)(
    'of %s over its deletion limit raises one alarm that stays on',
    (sweep) => {
      const found = alarm(`sweep of ${sweep} over deletion limit`);
      expect(found).toMatchObject({
        MetricName: 'deletion_limit_exceeded',
        Threshold: 1,
        EvaluationPeriods: 1,
      });
      expect(periodOf(found)).toBeGreaterThan(EVERY_MINUTES[sweep] * 60);
    },
  );

  it('of volumes over its deletion limit raises an alarm until its shard is swept again', () => {
    expect(periodOf(alarm('sweep of volumes over deletion limit'))).toBe(86_400);
  });
});

it('one volume that was set aside is told of', () => {
  expect(alarm('volumes quarantined')).toMatchObject({
    ...{ MetricName: 'sweep_quarantined', Threshold: 1, EvaluationPeriods: 1 },
    Dimensions: [{ Name: 'sweep', Value: 'volumes' }],
  });
});

it('one thing that fails in each pass is told of', () => {
  const found = alarm('repairs failing');
  expect(found).toMatchObject({ Threshold: 1, EvaluationPeriods: 2 });
  expect(periodOf(found)).toBeGreaterThan(60 * 60);
});

it('a function that fails each time it is run is told of, however seldom that is', () => {
  for (const [name, { startedBy }] of Object.entries(DEPLOYED)) {
    if (startedBy.by !== 'schedule') continue;
    const found = alarm(`${name} errors`);
    const runs = Math.floor(periodOf(found) / 60 / startedBy.everyMinutes);
    expect([name, runs > Number(found.Threshold)]).toEqual([name, true]);
  }
});

it('no alarm looks back further than CloudWatch does', () => {
  for (const [, { Properties = {} }] of app.all('api', 'AWS::CloudWatch::Alarm')) {
    const seconds = periodOf(Properties) * Number(Properties.EvaluationPeriods);
    const days = periodOf(Properties) >= 3600 ? 7 : 1;
    expect(seconds).toBeLessThanOrEqual(days * 86_400);
  }
});
