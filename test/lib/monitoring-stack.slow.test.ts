import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { METRICS } from '#contract/metrics.ts';
import { listOf, resolveReference, resourcesOf, valueToText } from '#lib/checks/template.ts';
import { largerStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, weakReferencesIn } from './synthesize.ts';

const STACK = 'workbench-some-monitoring';

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(largerStage());
});

const properties = (type: string) => app.all('monitoring', type).map(([, { Properties = {} }]) => Properties);
const alarms = () => properties('AWS::CloudWatch::Alarm');

describe('alarms', () => {
  it('notify the topic when they start and when they end', () => {
    for (const { AlarmActions, OKActions, AlarmDescription } of alarms()) {
      const targets = listOf(AlarmActions as unknown).map((action) =>
        resolveReference(action, STACK, app.templates),
      );
      expect(targets).toMatchObject([{ type: 'AWS::SNS::Topic' }]);
      expect(OKActions).toEqual(AlarmActions);
      expect(valueToText(AlarmDescription).length).toBeGreaterThan(20);
    }
  });

  it('cover each dead-letter queue, each function without a waiting caller, and each capacity provider', () => {
    const dimensions = alarms().flatMap(({ Dimensions }) =>
      listOf(Dimensions as { readonly Value: unknown } | undefined).map(({ Value }) => Value),
    );
    const monitored = dimensions.map(
      (value) => resolveReference(value, STACK, app.templates)?.id ?? valueToText(value),
    );
    const deadLetterQueues = app
      .all('api', 'AWS::SQS::Queue')
      .filter(([, { Properties }]) => !Properties?.RedrivePolicy);
    expect(deadLetterQueues.length).toBeGreaterThan(0);
    for (const [id] of deadLetterQueues) expect(monitored).toContain(id);
    const background = (Object.entries(DEPLOYED) as [string, DeployedFunction][])
      .filter(
        ([, { startedBy, stack }]) => !['route', 'janitor'].includes(startedBy.by) && stack === undefined,
      )
      .map(([name]) => name);
    for (const name of [...background, 'janitor-0', 'janitor-1']) {
      expect(monitored).toContain(`workbench-some-${name}`);
    }
    expect(monitored).toContain('workbench-some-standard');
  });

  it('start if the reconciler does not run', () => {
    const notRunning = alarms().find(({ AlarmName }) => String(AlarmName).endsWith('reconciler not running'));
    expect(notRunning).toMatchObject({
      MetricName: 'Invocations',
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
    });
  });
});

describe('alarms and dashboard', () => {
  it('name exactly the functions that exist', () => {
    const existing = app
      .all('api', 'AWS::Lambda::Function')
      .map(([, { Properties }]) => String(Properties?.FunctionName));
    const [dashboard] = properties('AWS::CloudWatch::Dashboard');
    const shown = [...valueToText(dashboard?.DashboardBody).matchAll(/"FunctionName","([^"]+)"/g)];
    const monitored = alarms().flatMap(({ Dimensions }) =>
      listOf(Dimensions as { readonly Name: string; readonly Value: string } | undefined).flatMap(
        ({ Name, Value }) => (Name === 'FunctionName' ? [Value] : []),
      ),
    );
    expect([...new Set(shown.map(([, name]) => name))].sort()).toEqual(existing.sort());
    expect(monitored.filter((name) => !existing.includes(name))).toEqual([]);
  });

  it('use the metrics of this installation', () => {
    const text = JSON.stringify([...alarms(), ...properties('AWS::CloudWatch::Dashboard')]);
    expect(text).toContain('WorkbenchController/workbench-some');
  });
});

describe('the dashboard', () => {
  it('shows every metric of the functions', () => {
    const words = new Set(JSON.stringify(properties('AWS::CloudWatch::Dashboard')).match(/\w+/g));
    expect(Object.keys(METRICS).filter((name) => !words.has(name))).toEqual([]);
  });
});

/**
 * CDK skips the stack if its template is unchanged, even if the value of an output that it reads has changed. The types of
 * these outputs, and why their values stay the same while the template does.
 */
const NEVER_REPLACED: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Api': 'Its protocol is fixed.',
  'AWS::AutoScaling::AutoScalingGroup': 'Neither name nor instance is set.',
  'AWS::DynamoDB::GlobalTable': 'A new name or key would lose the records.',
  'AWS::EC2::NatGateway': 'Subnet and address are fixed.',
  'AWS::EFS::FileSystem': 'A replacement would lose the files.',
  'AWS::Logs::LogGroup': 'Its name is fixed.',
  'AWS::SNS::Topic': 'Its name is fixed.',
  'AWS::SQS::Queue': 'Neither name nor kind is set.',
};

it('shows no stale resource of another stack: these are not replaced', () => {
  const stale = resourcesOf(app.templates.get(STACK) ?? {})
    .flatMap(([, resource]) => weakReferencesIn(resource))
    .map((value) => resolveReference(value, STACK, app.templates));
  const types = stale.map((reference) => reference?.type ?? 'unknown');
  expect([...new Set(types)].sort()).toEqual(Object.keys(NEVER_REPLACED).sort());
});
