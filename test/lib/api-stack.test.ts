import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { CORS, ROUTES } from '#contract/routes.ts';
import { DEPLOYMENT_SETTINGS, readDeployedSettings } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { listOf, type Resource, resolveReference, type Template, valueToText } from '#lib/checks/template.ts';
import { API_SECRET, largerStage, stageWithSecret } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt, weakReferencesIn } from './synthesize.ts';

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(largerStage());
});

const resources = (type: string) => app.all('api', type);
const properties = (type: string) => resources(type).map(([, { Properties = {} }]) => Properties);

/** Returns the deployed function with this name. */
function functionOf(name: string): readonly [string, Resource] {
  const found = resources('AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties?.FunctionName === `workbench-some-${name}`,
  );
  if (found === undefined) throw new Error(`there is no function ${name}`);
  return found;
}

/** Those of this stack. */
const ENTRIES = (Object.entries(DEPLOYED) as [string, DeployedFunction][]).filter(
  ([, { stack }]) => stack === undefined,
);
const startedBy = (by: DeployedFunction['startedBy']['by']) =>
  ENTRIES.filter(([, deployed]) => deployed.startedBy.by === by).map(([name]) => name);

describe('functions', () => {
  it('deploys exactly the declared functions, with one janitor for each file system', () => {
    const expected = [
      ...ENTRIES.filter(([name]) => name !== 'janitor').map(([name]) => name),
      'janitor-0',
      'janitor-1',
    ];
    expect(
      properties('AWS::Lambda::Function')
        .map(({ FunctionName }) => FunctionName)
        .sort(),
    ).toEqual(expected.map((name) => `workbench-some-${name}`).sort());
  });

  it('write metrics to the namespace of the installation', () => {
    for (const { Environment } of properties('AWS::Lambda::Function')) {
      expect(valueAt(Environment, 'Variables', 'POWERTOOLS_METRICS_NAMESPACE')).toBe(
        'WorkbenchController/workbench-some',
      );
    }
  });

  it('run on Node.js 24 and arm64 with the declared timeout and memory', () => {
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

  it('each have a log group with a retention period', () => {
    const logs = new Map(resources('AWS::Logs::LogGroup'));
    for (const [, { Properties }] of resources('AWS::Lambda::Function')) {
      const log = logs.get(String(valueAt(Properties, 'LoggingConfig', 'LogGroup', 'Ref')));
      expect(log?.Properties?.RetentionInDays).toBe(30);
    }
    for (const [, log] of logs) expect(log.Properties?.RetentionInDays).toBeTypeOf('number');
  });

  it('each have their own role', () => {
    const roles = properties('AWS::Lambda::Function').map(({ Role }) => valueToText(Role));
    expect(new Set(roles).size).toBe(roles.length);
  });

  it('get the settings that they read, and can parse them', () => {
    const declared = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };
    for (const [name, { reads }] of ENTRIES) {
      const [, lambda] = functionOf(name === 'janitor' ? 'janitor-0' : name);
      const variables = valueAt(lambda, 'Properties', 'Environment', 'Variables') as Record<string, unknown>;
      const settingNames = Object.keys(variables).filter((variable) => Object.hasOwn(declared, variable));
      expect(settingNames.filter((variable) => !(reads as readonly string[]).includes(variable))).toEqual([]);
      const environment = Object.fromEntries(
        settingNames.map((variable) => [variable, fakeValue(variables[variable])]),
      );
      expect(() => readDeployedSettings(environment, reads)).not.toThrow();
    }
  });
});

/** Returns a value as it could be after deployment. */
function fakeValue(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = valueAt(value, 'Fn::Join');
  if (Array.isArray(join)) return (join[1] as unknown[]).map(fakeValue).join(String(join[0]));
  const reference = resolveReference(value, 'workbench-some-api', app.templates);
  const kind = [reference?.type, reference?.attribute].join(' ').trim();
  return VALUES[kind] ?? (/imageid/.test(reference?.id ?? '') ? 'ami-0123456789abcdef0' : 'some');
}

describe('a deployment without other changes', () => {
  const api = () => {
    const template = app.templates.get('workbench-some-api');
    if (template === undefined) throw new Error('there is no api stack');
    return template as Template & {
      readonly Parameters?: Readonly<Record<string, { readonly Type?: string }>>;
    };
  };

  it('gives the functions the current AMI and template of hosts: CDK cannot skip the stack', () => {
    const images = Object.values(api().Parameters ?? {}).filter(
      ({ Type }) => Type === 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
    );
    expect(images).toHaveLength(2);
    const [, drive] = functionOf('drive-host');
    const variables = valueAt(drive, 'Properties', 'Environment', 'Variables') as Record<string, unknown>;
    for (const name of ['WB_LAUNCH_TEMPLATE', 'WB_GPU_LAUNCH_TEMPLATE', 'WB_HOST_AMIS']) {
      expect(variables[name]).toBeDefined();
      expect(JSON.stringify(variables[name])).not.toMatch(/Fn::(GetStackOutput|ImportValue)/);
    }
  });

  it('leaves no function with a stale value of another stack: these resources are not replaced', () => {
    const stale = weakReferencesIn(api()).map((value) =>
      resolveReference(value, 'workbench-some-api', app.templates),
    );
    const types = stale.map((reference) => reference?.type ?? `unknown ${JSON.stringify(reference)}`);
    expect([...new Set(types)].sort()).toEqual(Object.keys(NEVER_REPLACED).sort());
  });
});

/**
 * CDK skips the api stack if its template is unchanged, even if the value of an output that it reads has changed. The
 * types of these outputs, and why their values stay the same while the template does.
 */
const NEVER_REPLACED: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'A new name or key would lose the records.',
  'AWS::EFS::FileSystem': 'A replacement would lose the files.',
  'AWS::EFS::AccessPoint': 'Path and user of the parent are fixed.',
  'AWS::Backup::BackupVault': 'Its name is fixed.',
  'AWS::IAM::Role': 'Neither name nor path is set.',
  'AWS::EC2::Subnet': 'The data stack imports them: CloudFormation refuses to replace them.',
  'AWS::EC2::SecurityGroup': 'The VPC cannot be replaced, like its subnets, and descriptions are fixed.',
  'AWS::ECR::Repository': 'Neither name nor encryption is set.',
  'AWS::Logs::LogGroup': 'Its name is fixed.',
};

const VALUES: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Api ApiEndpoint': 'https://a1b2c3.execute-api.us-west-1.amazonaws.com',
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
  it('has every route with the prefix, each with its function', () => {
    const routes = properties('AWS::ApiGatewayV2::Route');
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(
      ROUTES.map(({ method, path }) => `${method} /api/v1${path}`).sort(),
    );
    const integrations = new Map(resources('AWS::ApiGatewayV2::Integration'));
    for (const { RouteKey, Target } of routes) {
      const operation = ROUTES.find(({ method, path }) => `${method} /api/v1${path}` === RouteKey);
      const [name] = ENTRIES.find(
        ([, { startedBy }]) => startedBy.by === 'route' && startedBy.operationId === operation?.operationId,
      ) ?? [''];
      const integration = integrations.get(/<(\w+)>/.exec(valueToText(Target))?.[1] ?? '');
      expect(valueToText(integration?.Properties?.IntegrationUri)).toContain(functionOf(name)[0]);
      expect(integration?.Properties?.PayloadFormatVersion).toBe('2.0');
    }
  });

  it('requires authorization for all routes except public ones', () => {
    for (const { RouteKey, AuthorizationType } of properties('AWS::ApiGatewayV2::Route')) {
      const route = ROUTES.find(({ method, path }) => `${method} /api/v1${path}` === RouteKey);
      expect([RouteKey, AuthorizationType]).toEqual([
        RouteKey,
        route?.access === 'public' ? 'NONE' : 'CUSTOM',
      ]);
    }
  });

  it('caches the result of the authorizer by the Authorization header for the configured time', () => {
    expect(properties('AWS::ApiGatewayV2::Authorizer')).toMatchObject([
      {
        IdentitySource: ['$request.header.Authorization'],
        EnableSimpleResponses: true,
        AuthorizerPayloadFormatVersion: '2.0',
        AuthorizerResultTtlInSeconds: 30,
      },
    ]);
  });

  it('throttles requests, and logs them without user names', () => {
    const [stage] = properties('AWS::ApiGatewayV2::Stage');
    expect(stage?.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 200,
      ThrottlingBurstLimit: 400,
    });
    const format = String(valueAt(stage, 'AccessLogSettings', 'Format'));
    expect(format).toContain('$context.requestId');
    expect(format).not.toMatch(/querystring|header\.|authorizer\.(user|principal)|claims/i);
  });

  it('has the same CORS configuration as local mode', () => {
    expect(properties('AWS::ApiGatewayV2::Api')[0]?.CorsConfiguration).toEqual({
      AllowOrigins: ['https://app.example.com'],
      AllowHeaders: CORS.allowHeaders,
      AllowMethods: CORS.allowMethods,
      ExposeHeaders: CORS.exposeHeaders,
      MaxAge: CORS.maxAge,
    });
  });
});

describe('failures', () => {
  it('of messages end in a dead-letter queue for each queue with a consumer', () => {
    for (const [id, { Properties }] of resources('AWS::SQS::Queue')) {
      const isDeadLetterQueue = !resources('AWS::Lambda::EventSourceMapping').some(
        ([, mapping]) => valueToText(mapping.Properties?.EventSourceArn) === `<${id}.Arn>`,
      );
      expect([id, Properties?.RedrivePolicy !== undefined]).toEqual([id, !isDeadLetterQueue]);
      if (isDeadLetterQueue) expect(Properties?.MessageRetentionPeriod).toBe(14 * 86_400);
    }
  });

  it('are reported for each message of a batch, and each queue has a concurrency limit', () => {
    const mappings = properties('AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(startedBy('queue').length);
    for (const mapping of mappings) {
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      expect(valueAt(mapping, 'ScalingConfig', 'MaximumConcurrency')).toBeGreaterThanOrEqual(2);
    }
  });

  it('make a message visible again only after the timeout of its function', () => {
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

  it('of EventBridge deliveries go to the dead-letter queue of the rule', () => {
    const rules = properties('AWS::Events::Rule');
    expect(rules.length).toBeGreaterThanOrEqual(startedBy('event').length + startedBy('schedule').length);
    for (const { Targets } of rules) {
      for (const target of listOf(Targets as object | readonly object[])) {
        expect(valueAt(target, 'DeadLetterConfig', 'Arn')).toBeDefined();
      }
    }
  });

  it('of asynchronous invocations go to a destination after a limited time', () => {
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
  it('of ECS are limited to the cluster of the installation', () => {
    const patterns = properties('AWS::Events::Rule').flatMap(({ EventPattern }) => EventPattern ?? []);
    const ecsPatterns = patterns.filter((pattern) => listOf(valueAt(pattern, 'source')).includes('aws.ecs'));
    expect(ecsPatterns.length).toBeGreaterThan(0);
    for (const pattern of ecsPatterns) {
      expect(listOf(valueAt(pattern, 'detail', 'clusterArn')).map(valueToText)).toEqual([
        expect.stringMatching(/:cluster\/workbench-some$/),
      ]);
    }
  });
});

describe('janitors', () => {
  it('each mount only their own file system, in the VPC', () => {
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

  it('are the only functions in the VPC', () => {
    const inVpc = properties('AWS::Lambda::Function').filter(({ VpcConfig }) => VpcConfig !== undefined);
    expect(inVpc.map(({ FunctionName }) => FunctionName).sort()).toEqual([
      'workbench-some-janitor-0',
      'workbench-some-janitor-1',
    ]);
  });
});

describe('the topic of alarms', () => {
  it('sends notifications to the email address of the settings', () => {
    expect(properties('AWS::SNS::Subscription')).toMatchObject([
      { Protocol: 'email', Endpoint: 'ops@example.com' },
    ]);
  });

  it('admits EventBridge without a condition, which EventBridge does not support for topics', () => {
    const [policy] = properties('AWS::SNS::TopicPolicy');
    const statements = listOf(
      valueAt(policy, 'PolicyDocument', 'Statement') as readonly Readonly<Record<string, unknown>>[],
    );
    const fromEvents = statements.filter(
      ({ Principal }) => valueAt(Principal, 'Service') === 'events.amazonaws.com',
    );
    expect(fromEvents.map(({ Effect, Condition }) => [Effect, Condition])).toEqual([['Allow', undefined]]);
  });
});

describe('the key of the API', () => {
  it('can be in a secret with a KMS key, with which only the authorizer may decrypt this secret', async () => {
    const own = await synthesize(stageWithSecret());
    const decrypting = own
      .all('api', 'AWS::IAM::Policy')
      .filter(([, { Properties }]) => JSON.stringify(Properties).includes('kms:Decrypt'));
    expect(decrypting.map(([id]) => id)).toEqual([expect.stringMatching(/^authorizer/)]);
    const statements = valueAt(decrypting[0]?.[1].Properties, 'PolicyDocument', 'Statement');
    expect(statements).toContainEqual({
      Sid: 'DecryptKeys',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: API_SECRET.secretKeyArn,
      Condition: { StringEquals: { 'kms:EncryptionContext:SecretARN': API_SECRET.secretArn } },
    });
  });

  it('is random and in a retained secret, and no environment contains it', () => {
    const [secret] = resources('AWS::SecretsManager::Secret');
    expect(secret?.[1]).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: { GenerateSecretString: { GenerateStringKey: 'static_key', SecretStringTemplate: '{}' } },
    });
    expect(JSON.stringify(properties('AWS::Lambda::Function'))).not.toMatch(/resolve:secretsmanager/);
  });
});
