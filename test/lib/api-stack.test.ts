import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { CORS, ROUTES } from '#contract/routes.ts';
import { DEPLOYMENT_SETTINGS, readDeployedSettings } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { listOf, type Resource, resolveReference, valueToText } from '#lib/checks/template.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(
    someStage({
      api: { prefix: '/api/v1', corsOrigins: ['https://app.example.com'], authCacheSeconds: 30 },
      dedicated: { instanceTypes: ['m6i.large', 'g5.xlarge'] },
      storage: { fileSystems: 2 },
      alarms: { email: 'ops@example.com' },
    }),
  );
}, 30_000);

const resources = (type: string) => app.all('api', type);
const properties = (type: string) => resources(type).map(([, { Properties = {} }]) => Properties);

/** The function of this name, as deployed. */
function functionOf(name: string): readonly [string, Resource] {
  const found = resources('AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties?.FunctionName === `workbench-some-${name}`,
  );
  if (found === undefined) throw new Error(`there is no function ${name}`);
  return found;
}

const ENTRIES = Object.entries(DEPLOYED) as [string, DeployedFunction][];
const startedBy = (by: DeployedFunction['startedBy']['by']) =>
  ENTRIES.filter(([, { startedBy: start }]) => start.by === by).map(([name]) => name);

describe('every function', () => {
  it('that is declared is deployed, and no other; a janitor for each file system', () => {
    const wanted = [
      ...ENTRIES.filter(([name]) => name !== 'janitor').map(([name]) => name),
      'janitor-0',
      'janitor-1',
    ];
    expect(
      properties('AWS::Lambda::Function')
        .map(({ FunctionName }) => FunctionName)
        .sort(),
    ).toEqual(wanted.map((name) => `workbench-some-${name}`).sort());
  });

  it('runs on Node.js 24 and arm64, as long and with as much as it is declared with', () => {
    for (const [name, { timeoutSeconds, memoryMib }] of ENTRIES) {
      const [, lambda] = functionOf(name === 'janitor' ? 'janitor-0' : name);
      expect(lambda.Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Timeout: timeoutSeconds,
        MemorySize: memoryMib,
      });
    }
  });

  it('has a log of its own that is not kept for ever', () => {
    const logs = new Map(resources('AWS::Logs::LogGroup'));
    for (const [, { Properties }] of resources('AWS::Lambda::Function')) {
      const log = logs.get(String(valueAt(Properties, 'LoggingConfig', 'LogGroup', 'Ref')));
      expect(log?.Properties?.RetentionInDays).toBe(30);
    }
    for (const [, log] of logs) expect(log.Properties?.RetentionInDays).toBeTypeOf('number');
  });

  it('has a role that no other has', () => {
    const roles = properties('AWS::Lambda::Function').map(({ Role }) => valueToText(Role));
    expect(new Set(roles).size).toBe(roles.length);
  });

  it('is given the settings that it reads, and can read them', () => {
    const declared = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };
    for (const [name, { reads }] of ENTRIES) {
      const [, lambda] = functionOf(name === 'janitor' ? 'janitor-0' : name);
      const variables = valueAt(lambda, 'Properties', 'Environment', 'Variables') as Record<string, unknown>;
      const own = Object.keys(variables).filter((variable) => Object.hasOwn(declared, variable));
      expect(own.filter((variable) => !(reads as readonly string[]).includes(variable))).toEqual([]);
      const environment = Object.fromEntries(
        own.map((variable) => [variable, fakeValue(variables[variable])]),
      );
      expect(() => readDeployedSettings(environment, reads)).not.toThrow();
    }
  });
});

/** The value as it may come to be when it is deployed. */
function fakeValue(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = valueAt(value, 'Fn::Join');
  if (Array.isArray(join)) return (join[1] as unknown[]).map(fakeValue).join(String(join[0]));
  const found = resolveReference(value, 'workbench-some-api', app.templates);
  const kind = [found?.type, found?.attribute].join(' ').trim();
  return VALUES[kind] ?? (/imageid/.test(found?.id ?? '') ? 'ami-0123456789abcdef0' : 'some');
}

const VALUES: Readonly<Record<string, string>> = {
  'AWS::EC2::LaunchTemplate': 'lt-0123456789abcdef0',
  'AWS::EC2::LaunchTemplate LatestVersionNumber': '3',
  'AWS::EC2::SecurityGroup GroupId': 'sg-0123456789abcdef0',
  'AWS::EC2::Subnet': 'subnet-0123456789abcdef0',
  'AWS::EFS::FileSystem': 'fs-0123456789abcdef0',
  'AWS::IAM::Role Arn': 'arn:aws:iam::123456789012:role/some',
  'AWS::SQS::Queue': 'https://sqs.us-west-1.amazonaws.com/123456789012/some',
  'AWS::SecretsManager::Secret': 'arn:aws:secretsmanager:us-west-1:123456789012:secret:some-AbCdEf',
};

describe('the HTTP API', () => {
  it('has every route, under the prefix, each with its function', () => {
    const routes = properties('AWS::ApiGatewayV2::Route');
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(
      ROUTES.map(({ method, path }) => `${method} /api/v1${path}`).sort(),
    );
    const integrations = new Map(resources('AWS::ApiGatewayV2::Integration'));
    for (const { RouteKey, Target } of routes) {
      const operation = ROUTES.find(({ method, path }) => `${method} /api/v1${path}` === RouteKey);
      const [name] = ENTRIES.find(
        ([, { startedBy: start }]) => start.by === 'route' && start.operationId === operation?.operationId,
      ) ?? [''];
      const integration = integrations.get(/<(\w+)>/.exec(valueToText(Target))?.[1] ?? '');
      expect(valueToText(integration?.Properties?.IntegrationUri)).toContain(functionOf(name)[0]);
      expect(integration?.Properties?.PayloadFormatVersion).toBe('2.0');
    }
  });

  it('asks the authorizer about each but those that are public', () => {
    for (const { RouteKey, AuthorizationType } of properties('AWS::ApiGatewayV2::Route')) {
      const route = ROUTES.find(({ method, path }) => `${method} /api/v1${path}` === RouteKey);
      expect([RouteKey, AuthorizationType]).toEqual([
        RouteKey,
        route?.access === 'public' ? 'NONE' : 'CUSTOM',
      ]);
    }
  });

  it('keeps the authorizer’s answer by the Authorization header alone, as long as set', () => {
    expect(properties('AWS::ApiGatewayV2::Authorizer')).toMatchObject([
      {
        IdentitySource: ['$request.header.Authorization'],
        EnableSimpleResponses: true,
        AuthorizerPayloadFormatVersion: '2.0',
        AuthorizerResultTtlInSeconds: 30,
      },
    ]);
  });

  it('bounds requests, and logs them without what names users', () => {
    const [stage] = properties('AWS::ApiGatewayV2::Stage');
    expect(stage?.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 200,
      ThrottlingBurstLimit: 400,
    });
    const format = String(valueAt(stage, 'AccessLogSettings', 'Format'));
    expect(format).toContain('$context.requestId');
    expect(format).not.toMatch(/querystring|header\.|authorizer\.(user|principal)|claims/i);
  });

  it('tells browsers what the local front tells them', () => {
    expect(properties('AWS::ApiGatewayV2::Api')[0]?.CorsConfiguration).toEqual({
      AllowOrigins: ['https://app.example.com'],
      AllowHeaders: CORS.allowHeaders,
      AllowMethods: CORS.allowMethods,
      ExposeHeaders: CORS.exposeHeaders,
      MaxAge: CORS.maxAge,
    });
  });

  it('is open, without authorizer and secret, when the settings say so in words', async () => {
    const open = await synthesize(someStage({ auth: 'none' }));
    expect(open.all('api', 'AWS::ApiGatewayV2::Authorizer')).toEqual([]);
    expect(open.all('api', 'AWS::SecretsManager::Secret')).toEqual([]);
    for (const [, { Properties }] of open.all('api', 'AWS::ApiGatewayV2::Route')) {
      expect(Properties?.AuthorizationType).toBe('NONE');
    }
  }, 30_000);
});

describe('what goes wrong', () => {
  it('ends in a dead-letter queue, from each queue that is worked on', () => {
    for (const [id, { Properties }] of resources('AWS::SQS::Queue')) {
      const isEnd = !resources('AWS::Lambda::EventSourceMapping').some(
        ([, mapping]) => valueToText(mapping.Properties?.EventSourceArn) === `<${id}.Arn>`,
      );
      expect([id, Properties?.RedrivePolicy !== undefined]).toEqual([id, !isEnd]);
      if (isEnd) expect(Properties?.MessageRetentionPeriod).toBe(14 * 86_400);
    }
  });

  it('of a batch comes back alone, and no queue has more than its share of functions', () => {
    const mappings = properties('AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(startedBy('queue').length);
    for (const mapping of mappings) {
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      expect(valueAt(mapping, 'ScalingConfig', 'MaximumConcurrency')).toBeGreaterThanOrEqual(2);
    }
  });

  it('with a message is tried again only when its function is surely at its end', () => {
    const queues = new Map(resources('AWS::SQS::Queue'));
    for (const { EventSourceArn, FunctionName } of properties('AWS::Lambda::EventSourceMapping')) {
      const queue = queues.get(/<(\w+)\.Arn>/.exec(valueToText(EventSourceArn))?.[1] ?? '');
      const lambda = new Map(resources('AWS::Lambda::Function')).get(
        /<(\w+)>/.exec(valueToText(FunctionName))?.[1] ?? '',
      );
      const timeout = Number(lambda?.Properties?.Timeout);
      expect(Number(queue?.Properties?.VisibilityTimeout)).toBeGreaterThanOrEqual(6 * timeout);
    }
  });

  it('on the way from EventBridge is kept: every rule has a dead-letter queue and bounds its retries', () => {
    const rules = properties('AWS::Events::Rule');
    expect(rules.length).toBeGreaterThanOrEqual(startedBy('event').length + startedBy('schedule').length);
    for (const { Targets } of rules) {
      for (const target of listOf(Targets as object | readonly object[])) {
        expect(valueAt(target, 'DeadLetterConfig', 'Arn')).toBeDefined();
      }
    }
  });

  it('in a function that nobody waits for is kept: it has limits and a destination', () => {
    const configured = new Map(
      properties('AWS::Lambda::EventInvokeConfig').map((config) => [
        valueToText(config.FunctionName),
        config,
      ]),
    );
    for (const name of [...startedBy('event'), ...startedBy('schedule')]) {
      const config = configured.get(`<${functionOf(name)[0]}>`);
      expect(valueAt(config, 'DestinationConfig', 'OnFailure', 'Destination')).toBeDefined();
      expect(config?.MaximumEventAgeInSeconds).toBeLessThanOrEqual(7200);
    }
  });
});

describe('events', () => {
  it('of ECS are those of our cluster alone', () => {
    const patterns = properties('AWS::Events::Rule').flatMap(({ EventPattern }) => EventPattern ?? []);
    const ofEcs = patterns.filter((pattern) => listOf(valueAt(pattern, 'source')).includes('aws.ecs'));
    expect(ofEcs.length).toBeGreaterThan(0);
    for (const pattern of ofEcs) {
      expect(listOf(valueAt(pattern, 'detail', 'clusterArn')).map(valueToText)).toEqual([
        expect.stringMatching(/:cluster\/workbench-some$/),
      ]);
    }
  });
});

describe('alarms', () => {
  it('each tell somebody, when they begin and when they are over', () => {
    const [topic] = resources('AWS::SNS::Topic');
    for (const { AlarmActions, OKActions, AlarmDescription } of properties('AWS::CloudWatch::Alarm')) {
      expect(listOf(AlarmActions as unknown).map(valueToText)).toEqual([`<${topic?.[0]}>`]);
      expect(OKActions).toEqual(AlarmActions);
      expect(valueToText(AlarmDescription).length).toBeGreaterThan(20);
    }
    expect(properties('AWS::SNS::Subscription')).toMatchObject([
      { Protocol: 'email', Endpoint: 'ops@example.com' },
    ]);
  });

  it('watch each queue in which things end, each function that nobody waits for, each size class', () => {
    const dimensions = JSON.stringify(properties('AWS::CloudWatch::Alarm'));
    const ends = resources('AWS::SQS::Queue').filter(([, { Properties }]) => !Properties?.RedrivePolicy);
    for (const [id] of ends) expect(dimensions).toContain(`"${id}"`);
    const background = ENTRIES.filter(([, { startedBy: start }]) => !['route', 'janitor'].includes(start.by));
    for (const name of [...background.map(([own]) => own), 'janitor-0', 'janitor-1']) {
      expect(dimensions).toContain(`"${functionOf(name)[0]}"`);
    }
    expect(dimensions).toContain('workbench-some-standard');
  });

  it('know when the reconciler does not run at all', () => {
    const silent = properties('AWS::CloudWatch::Alarm').find(({ AlarmName }) =>
      String(AlarmName).endsWith('reconciler not running'),
    );
    expect(silent).toMatchObject({
      MetricName: 'Invocations',
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
    });
  });

  it('and the dashboard look at metrics of this installation', () => {
    const text = `${JSON.stringify(properties('AWS::CloudWatch::Alarm'))}${JSON.stringify(
      properties('AWS::CloudWatch::Dashboard'),
    )}`;
    expect(text).toContain('WorkbenchController/workbench-some');
    for (const { Environment } of properties('AWS::Lambda::Function')) {
      expect(valueAt(Environment, 'Variables', 'POWERTOOLS_METRICS_NAMESPACE')).toBe(
        'WorkbenchController/workbench-some',
      );
    }
  });
});

describe('a janitor', () => {
  it('is in the VPC with its own file system mounted, and knows of no other', () => {
    for (const number of [0, 1]) {
      const [, { Properties = {} }] = functionOf(`janitor-${number}`);
      expect(listOf(valueAt(Properties, 'VpcConfig', 'SecurityGroupIds'))).toHaveLength(1);
      const mounts = listOf(Properties.FileSystemConfigs as object);
      expect(mounts).toHaveLength(1);
      expect(valueToText(valueAt(mounts[0], 'Arn'))).toContain(`FilesParent${number}`);
      expect(valueToText(valueAt(Properties, 'Environment', 'Variables', 'WB_JANITOR_MOUNTS'))).toContain(
        `FilesFileSystem${number}`,
      );
    }
  });

  it('is the only kind of function in the VPC', () => {
    const inVpc = properties('AWS::Lambda::Function').filter(({ VpcConfig }) => VpcConfig !== undefined);
    expect(inVpc.map(({ FunctionName }) => FunctionName).sort()).toEqual([
      'workbench-some-janitor-0',
      'workbench-some-janitor-1',
    ]);
  });
});

describe('the key of the API', () => {
  it('is random, in a secret that outlives its stack, and in no environment', () => {
    const [secret] = resources('AWS::SecretsManager::Secret');
    expect(secret?.[1]).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { GenerateSecretString: { GenerateStringKey: 'static_key', SecretStringTemplate: '{}' } },
    });
    expect(JSON.stringify(properties('AWS::Lambda::Function'))).not.toMatch(/resolve:secretsmanager/);
  });
});
