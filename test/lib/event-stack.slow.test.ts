import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { WORKBENCH_EVENT_SOURCE } from '#contract/workbench-event.ts';
import { findViolations } from '#lib/checks/assembly.ts';
import { listOf, resolveReference, resourcesOf, valueToText } from '#lib/checks/template.ts';
import { someStage, stageWithDefaultBus, stageWithEvents, stageWithoutOptions } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

const STACK = 'workbench-some-events';

let app: SynthesizedApp;
let onDefault: SynthesizedApp;
let none: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(stageWithEvents());
  onDefault = await synthesize(stageWithDefaultBus());
  none = await synthesize(stageWithoutOptions());
});

/** Returns the only resource of a type. */
function resourceOf(type: string, of: SynthesizedApp = app) {
  const resources = of.all('events', type);
  expect(resources).toHaveLength(1);
  const [id = '', resource] = resources[0] ?? [];
  return { id, properties: resource?.Properties ?? {} };
}

const statementsOf = (of: SynthesizedApp) =>
  of
    .all('events', 'AWS::IAM::Policy')
    .flatMap(([, { Properties }]) => listOf(valueAt(Properties, 'PolicyDocument', 'Statement')))
    .map((statement) => ({
      actions: listOf(valueAt(statement, 'Action')),
      on: listOf(valueAt(statement, 'Resource')),
      condition: valueAt(statement, 'Condition'),
    }));

describe('the events of an installation', () => {
  it('are off by default', () => {
    expect(someStage().eventBus).toBe('none');
    expect([...none.templates.keys()]).not.toContain(STACK);
  });

  it('change no resource of another stack, so that they can be turned off again', () => {
    for (const part of ['network', 'data', 'cluster', 'api', 'monitoring'] as const) {
      const name = `workbench-some-${part}`;
      const [on, off] = [app.templates.get(name), none.templates.get(name)];
      expect(on?.Resources, part).toEqual(off?.Resources);
      // CloudFormation deletes no export that another stack uses.
      const exportsOf = (template: typeof on) =>
        Object.values(template?.Outputs ?? {}).filter((output) => 'Export' in (output as object));
      expect(exportsOf(on), part).toEqual(exportsOf(off));
    }
  });

  it('pass the checks of templates and policies', async () => {
    expect(await findViolations(app.templates)).toEqual([]);
    expect(await findViolations(onDefault.templates)).toEqual([]);
  });
});

describe('the bus', () => {
  it('is one of the installation, with a fixed name', () => {
    expect(resourceOf('AWS::Events::EventBus').properties).toMatchObject({ Name: STACK });
  });

  it('is that of the account if the settings say so', () => {
    expect(onDefault.all('events', 'AWS::Events::EventBus')).toEqual([]);
    const { properties } = resourceOf('AWS::Lambda::Function', onDefault);
    expect(valueAt(properties, 'Environment', 'Variables', 'WB_EVENT_BUS')).toBe('default');
  });
});

describe('the function', () => {
  it('gets the name of the bus, and no other setting', () => {
    const { timeoutSeconds, memoryMib } = DEPLOYED['publish-events'];
    const { properties } = resourceOf('AWS::Lambda::Function');
    expect(properties).toMatchObject({
      FunctionName: 'workbench-some-publish-events',
      Timeout: timeoutSeconds,
      MemorySize: memoryMib,
    });
    const variables = valueAt(properties, 'Environment', 'Variables') as Record<string, unknown>;
    expect(Object.keys(variables).filter((name) => name.startsWith('WB_'))).toEqual(['WB_EVENT_BUS']);
    expect(variables.WB_EVENT_BUS).toEqual({ Ref: resourceOf('AWS::Events::EventBus').id });
  });

  it('gets every new history entry of the table, and repeats what failed from there until it is too old', () => {
    const { properties } = resourceOf('AWS::Lambda::EventSourceMapping');
    expect(properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 23 * 3600,
    });
    // Without a limit, Lambda repeats a batch until it is too old.
    expect(properties.MaximumRetryAttempts).toBeUndefined();
    const [filter] = listOf(valueAt(properties, 'FilterCriteria', 'Filters'));
    expect(JSON.parse(String(valueAt(filter, 'Pattern')))).toEqual({
      eventName: ['INSERT'],
      dynamodb: { Keys: { pk: { S: [{ prefix: 'history#' }] } } },
    });
    const stream = resolveReference(properties.EventSourceArn, STACK, app.templates);
    expect(stream?.type).toBe('AWS::DynamoDB::GlobalTable');
    const queue = valueAt(properties, 'DestinationConfig', 'OnFailure', 'Destination');
    expect(resolveReference(queue, STACK, app.templates)?.type).toBe('AWS::SQS::Queue');
  });

  it('may read the stream and publish under the source of the controller, and nothing else', () => {
    const statements = statementsOf(app);
    expect(statements.map(({ actions, condition }) => ({ actions, condition }))).toEqual([
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], condition: undefined },
      {
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        condition: undefined,
      },
      { actions: ['dynamodb:ListStreams'], condition: undefined },
      {
        actions: ['events:PutEvents'],
        condition: { StringEquals: { 'events:source': 'workbench-controller' } },
      },
      { actions: ['sqs:SendMessage'], condition: undefined },
    ]);
    const publish = statements.find(({ actions }) => actions.includes('events:PutEvents'));
    expect(publish?.on).toEqual([{ 'Fn::GetAtt': [resourceOf('AWS::Events::EventBus').id, 'Arn'] }]);
  });

  it('may publish on the bus of the account only, if the settings say so', () => {
    const publish = statementsOf(onDefault).find(({ actions }) => actions.includes('events:PutEvents'));
    expect(publish?.on.map(valueToText)).toEqual([
      expect.stringMatching(/^arn:.*:events:.*:event-bus\/default$/),
    ]);
  });
});

describe('no function is invoked by the events of the controller', () => {
  it('as every pattern in the table of functions has a source of AWS', () => {
    const deployed = Object.values(DEPLOYED) as readonly DeployedFunction[];
    const sources = deployed.flatMap(({ startedBy }) =>
      startedBy.by === 'event' ? startedBy.events.map(({ source }) => source) : [],
    );
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) expect(source).toMatch(/^aws\./);
    expect(WORKBENCH_EVENT_SOURCE).not.toMatch(/^aws/);
  });

  it('as every rule in the templates has a schedule, or a pattern with a source of AWS', () => {
    const rules = [...onDefault.templates.values()].flatMap((template) =>
      resourcesOf(template).flatMap(([id, { Type, Properties = {} }]) =>
        Type === 'AWS::Events::Rule' ? [{ id, Properties }] : [],
      ),
    );
    expect(rules.length).toBeGreaterThan(10);
    for (const { id, Properties } of rules) {
      if (Properties.ScheduleExpression !== undefined) continue;
      const sources = listOf(valueAt(Properties, 'EventPattern', 'source'));
      expect([id, sources.length > 0 && sources.every((source) => /^aws\./.test(String(source)))]).toEqual([
        id,
        true,
      ]);
    }
  });
});

it('alarms start if the function fails, if events wait for a quarter of an hour, and if one is dropped', () => {
  const alarms = app.all('events', 'AWS::CloudWatch::Alarm').map(([, { Properties = {} }]) => Properties);
  expect(alarms).toMatchObject([
    {
      AlarmName: 'workbench-some publish-events errors',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: 'workbench-some-publish-events' }],
      TreatMissingData: 'notBreaching',
    },
    {
      AlarmName: 'workbench-some events delayed',
      MetricName: 'IteratorAge',
      Dimensions: [{ Name: 'FunctionName', Value: 'workbench-some-publish-events' }],
      ...{ Threshold: 900_000, Statistic: 'Maximum', TreatMissingData: 'notBreaching' },
    },
    {
      AlarmName: 'workbench-some events dropped',
      Namespace: 'WorkbenchController/workbench-some',
      MetricName: 'event_dropped',
      ...{ Threshold: 1, TreatMissingData: 'notBreaching' },
    },
  ]);
  for (const { AlarmActions } of alarms) {
    const [topic] = listOf(AlarmActions as unknown);
    expect(resolveReference(topic, STACK, app.templates)?.type).toBe('AWS::SNS::Topic');
  }
});
