import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { findViolations } from '#lib/checks/assembly.ts';
import { listOf, resolveReference, valueToText } from '#lib/checks/template.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { SOME_GATEWAY, someStage, stageWithoutOptions, WITHOUT_OPTIONS } from './some-stage.ts';
import { type SynthesizedApp, synthesize, synthesizeGate, valueAt } from './synthesize.ts';

const OIDC = {
  issuer: 'https://id.example.com:8443/realms/platform',
  clientId: 'gate',
  secretArn: 'arn:aws:secretsmanager:us-west-1:123456789012:secret:client-AbCdEf',
};

const STAGING = someStage({
  ...WITHOUT_OPTIONS,
  gateway: {
    image: { tag: '1.0.0' },
    hostedZone: { id: 'Z0123456789ABC', name: 'example.com' },
    oidc: OIDC,
    name: 'Lab',
    autoStart: 'visit',
    stopNotice: false,
    consoleUrl: 'https://console.example.com',
    allowedCidrs: ['203.0.113.0/24'],
  },
});
const PRODUCTION = someStage({
  production: true,
  image: { tag: '1.0.0' },
  alarms: { email: 'ops@example.com' },
  gateway: { ...SOME_GATEWAY, maxTasks: 2 },
});

let staging: SynthesizedApp;
let production: SynthesizedApp;
let none: SynthesizedApp;
beforeAll(async () => {
  staging = await synthesize(STAGING);
  production = await synthesizeGate(PRODUCTION);
  none = await synthesize(stageWithoutOptions());
});

/** Returns the properties of the only resource of a type in the stack of the gate. */
function propertiesOf({ all }: SynthesizedApp, type: string): Readonly<Record<string, unknown>> {
  const resources = all('gateway', type);
  expect(resources).toHaveLength(1);
  return resources[0]?.[1].Properties ?? {};
}

function attributesOf(app: SynthesizedApp, type: string, name: string): Readonly<Record<string, unknown>> {
  const list = listOf(propertiesOf(app, type)[name]) as readonly { Key: string; Value: unknown }[];
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}

const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const containerOf = (app: SynthesizedApp) =>
  valueAt(propertiesOf(app, 'AWS::ECS::TaskDefinition'), 'ContainerDefinitions', 0);

describe('the stack of the gate', () => {
  it('does not exist by default', () => {
    expect([...none.templates.keys()]).not.toContain('workbench-some-gateway');
  });

  it('changes no resource of another stack, but for the settings about tickets and idle workbenches', () => {
    const setting = '"WB_GATE":"host"';
    // Without a gate the controller does not see browsers, and stops no workbench that is not used.
    const noIdleStop = /"WB_IDLE_STOP_(?:GPU_)?MINUTES":"0",/g;
    for (const part of ['network', 'data', 'cluster', 'api', 'monitoring'] as const) {
      const [withGate, without] = [staging, none].map(({ templates }) =>
        JSON.stringify(templates.get(`workbench-some-${part}`)?.Resources),
      );
      // The functions that open a workbench, and those that create, preview and redeem links.
      expect(withGate?.split(setting), part).toHaveLength(part === 'api' ? 5 : 1);
      expect(JSON.parse(withGate?.replaceAll(`${setting},`, '') ?? ''), part).toEqual(
        JSON.parse(without?.replaceAll(noIdleStop, '') ?? ''),
      );
    }
  });

  it('passes the checks of templates and policies', async () => {
    expect(await findViolations(staging.templates)).toEqual([]);
    expect(await findViolations(production.templates)).toEqual([]);
  });
});

describe('the load balancer', () => {
  it('keeps idle WebSockets, and refuses malformed headers and requests', () => {
    expect(attributesOf(staging, BALANCER, 'LoadBalancerAttributes')).toMatchObject({
      'idle_timeout.timeout_seconds': '4000',
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'routing.http.desync_mitigation_mode': 'defensive',
      'routing.http.preserve_host_header.enabled': 'true',
      'routing.http.xff_header_processing.mode': 'append',
      'access_logs.s3.enabled': 'true',
    });
  });

  it('is protected from deletion in production', () => {
    const isProtected = (app: SynthesizedApp) =>
      attributesOf(app, BALANCER, 'LoadBalancerAttributes')['deletion_protection.enabled'];
    expect(isProtected(staging)).toBe('false');
    expect(isProtected(production)).toBe('true');
  });

  it('is in the public subnets, or in the private ones if it is internal', async () => {
    const subnets = (app: SynthesizedApp) =>
      listOf(propertiesOf(app, BALANCER).Subnets).map(
        (subnet) => resolveReference(subnet, `workbench-some-gateway`, app.templates)?.path,
      );
    expect(subnets(staging)).toEqual([
      expect.stringContaining('publicSubnet1'),
      expect.stringContaining('publicSubnet2'),
    ]);
    const internal = await synthesizeGate(
      someStage({
        gateway: { ...SOME_GATEWAY, internetFacing: false },
        network: { own: { egress: 'none' } },
      }),
    );
    expect(propertiesOf(internal, BALANCER).Scheme).toBe('internal');
    expect(subnets(internal)).toEqual([
      expect.stringContaining('privateSubnet1'),
      expect.stringContaining('privateSubnet2'),
    ]);
  });

  it('redirects http, and serves https of TLS 1.2 and later', () => {
    const template = staging.assert('gateway');
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80,
      DefaultActions: [
        { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
      ],
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      SslPolicy: Match.stringLikeRegexp('^ELBSecurityPolicy-TLS13-1-2-'),
      DefaultActions: [Match.objectLike({ Type: 'fixed-response' })],
    });
  });

  it('forwards only the names of the domain', () => {
    const { Conditions, Actions } = propertiesOf(staging, 'AWS::ElasticLoadBalancingV2::ListenerRule');
    expect(Conditions).toEqual([
      {
        Field: 'host-header',
        HostHeaderConfig: { Values: ['workbench.example.com', '*.workbench.example.com'] },
      },
    ]);
    expect(Actions).toMatchObject([{ Type: 'forward' }]);
  });

  it('checks the health of the gate itself, each 10 s, and drains for a minute', () => {
    expect(propertiesOf(staging, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({
      TargetType: 'ip',
      Port: 8080,
      HealthCheckPath: '/.wb/health',
      HealthCheckIntervalSeconds: 10,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: '200' },
    });
    expect(
      attributesOf(staging, 'AWS::ElasticLoadBalancingV2::TargetGroup', 'TargetGroupAttributes'),
    ).toEqual({ 'deregistration_delay.timeout_seconds': '60', 'stickiness.enabled': 'false' });
  });

  it('has a certificate and records for the domain and all names below it', () => {
    const names = ['workbench.example.com', '*.workbench.example.com'];
    expect(propertiesOf(staging, 'AWS::CertificateManager::Certificate')).toMatchObject({
      DomainName: names[0],
      SubjectAlternativeNames: names.slice(1),
      ValidationMethod: 'DNS',
      DomainValidationOptions: names.map((DomainName) => ({ DomainName, HostedZoneId: 'Z0123456789ABC' })),
    });
    const records = staging.all('gateway', 'AWS::Route53::RecordSet').map(([, { Properties }]) => Properties);
    expect(records).toMatchObject(names.map((Name) => ({ Name, Type: 'A', HostedZoneId: 'Z0123456789ABC' })));
  });

  it('uses a given certificate, and creates no records without a zone', () => {
    expect(production.all('gateway', 'AWS::CertificateManager::Certificate')).toEqual([]);
    expect(production.all('gateway', 'AWS::Route53::RecordSet')).toEqual([]);
    production.assert('gateway').hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Certificates: [{ CertificateArn: SOME_GATEWAY.certificateArn }],
    });
  });
});

describe('the access logs', () => {
  it('are in an encrypted bucket without public access, in which they expire', () => {
    const [[, bucket] = []] = staging.all('gateway', 'AWS::S3::Bucket');
    expect(bucket?.DeletionPolicy).toBe('RetainExceptOnCreate');
    expect(bucket?.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90, Status: 'Enabled' }] },
    });
  });

  it('are written only by load balancers of this account, in its folder, and only by TLS', () => {
    const statements = listOf(
      valueAt(propertiesOf(staging, 'AWS::S3::BucketPolicy'), 'PolicyDocument', 'Statement'),
    ) as readonly Readonly<Record<string, unknown>>[];
    expect(statements.map(({ Effect, Action, Principal }) => [Effect, Action, Principal])).toEqual([
      ['Deny', 's3:*', { AWS: '*' }],
      ['Allow', 's3:PutObject', { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' }],
    ]);
    expect(statements[0]?.Condition).toEqual({ Bool: { 'aws:SecureTransport': 'false' } });
    expect(valueToText(statements[1]?.Resource)).toMatch(/\/gate\/AWSLogs\/<AWS::AccountId>\/\*$/);
    expect(valueToText(valueAt(statements[1]?.Condition, 'ArnLike', 'aws:SourceArn'))).toBe(
      'arn:<AWS::Partition>:elasticloadbalancing:<AWS::Region>:<AWS::AccountId>:loadbalancer/*',
    );
  });

  it('can be written before the load balancer is created, which checks it', () => {
    staging.assert('gateway').hasResource(BALANCER, {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('AccessLogsBucketPolicy')]),
    });
  });
});

describe('the service', () => {
  const service = (app: SynthesizedApp) => propertiesOf(app, 'AWS::ECS::Service');

  it('replaces tasks without a gap, and returns to the last version that worked', () => {
    expect(service(staging)).toMatchObject({
      LaunchType: 'FARGATE',
      AvailabilityZoneRebalancing: 'ENABLED',
      EnableExecuteCommand: false,
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
    });
  });

  it('has no public addresses and the security group that workbenches admit', () => {
    const { AwsvpcConfiguration } = service(staging).NetworkConfiguration as {
      AwsvpcConfiguration: Readonly<Record<string, unknown>>;
    };
    expect(AwsvpcConfiguration.AssignPublicIp).toBe('DISABLED');
    const paths = [AwsvpcConfiguration.SecurityGroups, AwsvpcConfiguration.Subnets].flatMap((value) =>
      listOf(value).map((each) => resolveReference(each, 'workbench-some-gateway', staging.templates)?.path),
    );
    expect(paths).toEqual([
      'Network/Gateway',
      expect.stringContaining('privateSubnet1'),
      expect.stringContaining('privateSubnet2'),
    ]);
  });

  it('is in a cluster of its own, whose tasks no sweep lists', () => {
    expect(propertiesOf(staging, 'AWS::ECS::Cluster').ClusterName).toBe('workbench-some-gate');
    expect(none.all('cluster', 'AWS::ECS::Cluster')[0]?.[1].Properties?.ClusterName).toBe('workbench-some');
  });

  it('is scaled by CPU between its bounds, or has a fixed number of tasks', () => {
    expect(service(staging)).not.toHaveProperty('DesiredCount');
    expect(propertiesOf(staging, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      ResourceId: 'service/workbench-some-gate/gate',
      MinCapacity: 1,
      MaxCapacity: 4,
    });
    expect(
      propertiesOf(staging, 'AWS::ApplicationAutoScaling::ScalingPolicy')
        .TargetTrackingScalingPolicyConfiguration,
    ).toMatchObject({
      TargetValue: 55,
      PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
    });
    expect(service(production).DesiredCount).toBe(2);
    expect(production.all('gateway', 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
  });

  it('has time to drain', () => {
    expect(containerOf(staging)).toMatchObject({ StopTimeout: 120 });
  });

  it('runs as an unprivileged user that cannot write its file system', () => {
    expect(containerOf(staging)).toMatchObject({
      User: '1000:1000',
      Privileged: false,
      ReadonlyRootFilesystem: true,
      LinuxParameters: { InitProcessEnabled: true, Capabilities: { Drop: ['ALL'] } },
    });
  });

  it('has the configured size, architecture and image', async () => {
    expect(propertiesOf(staging, 'AWS::ECS::TaskDefinition')).toMatchObject({
      Cpu: '256',
      Memory: '512',
      RuntimePlatform: { CpuArchitecture: 'X86_64' },
    });
    expect(valueToText(valueAt(containerOf(staging), 'Image'))).toMatch(/:gate-1\.0\.0$/);
    const digest = `sha256:${'0'.repeat(64)}`;
    const arm = await synthesizeGate(
      someStage({
        gateway: {
          ...SOME_GATEWAY,
          image: { digest, architecture: 'arm64' },
          cpuUnits: 1024,
          memoryMib: 2048,
        },
        console: {
          domain: {
            name: 'console.example.com',
            certificateArn:
              'arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef',
          },
        },
      }),
    );
    expect(propertiesOf(arm, 'AWS::ECS::TaskDefinition')).toMatchObject({
      Cpu: '1024',
      Memory: '2048',
      RuntimePlatform: { CpuArchitecture: 'ARM64' },
    });
    expect(valueToText(valueAt(containerOf(arm), 'Image'))).toMatch(new RegExp(`@${digest}$`));
    // Unless the stage sets another, the address of the console is its own name.
    expect(valueAt(containerOf(arm), 'Environment')).toContainEqual({
      Name: 'WB_GATE_CONSOLE_URL',
      Value: 'https://console.example.com',
    });
  });

  it('receives names and addresses, and no secret', () => {
    const environment = listOf(valueAt(containerOf(staging), 'Environment')) as readonly {
      Name: string;
      Value: unknown;
    }[];
    const values = Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value]));
    expect(values).toMatchObject({
      BASE_URL: 'https://workbench.example.com',
      WB_GATE_NAME: 'Lab',
      WB_GATE_AUTO_START: 'visit',
      WB_GATE_STOP_NOTICE: 'off',
      WB_GATE_CONSOLE_URL: 'https://console.example.com',
      WB_GATE_ISSUER: OIDC.issuer,
      WB_GATE_CLIENT_ID: OIDC.clientId,
      WB_GATE_CLIENT_SECRET_ARN: OIDC.secretArn,
      POWERTOOLS_METRICS_NAMESPACE: 'WorkbenchController/workbench-some',
    });
    expect(Object.keys(values).sort()).toEqual([
      'BASE_URL',
      'POWERTOOLS_METRICS_NAMESPACE',
      'WB_AUDIT_DAYS',
      'WB_AUTH_SECRET_ARN',
      'WB_GATE_API_URL',
      'WB_GATE_AUTO_START',
      'WB_GATE_CLIENT_ID',
      'WB_GATE_CLIENT_SECRET_ARN',
      'WB_GATE_CONSOLE_URL',
      'WB_GATE_ISSUER',
      'WB_GATE_KEYS_SECRET_ARN',
      'WB_GATE_NAME',
      'WB_GATE_STOP_NOTICE',
      'WB_RUN_KEYS_SECRET_ARN',
      'WB_TABLE_NAME',
    ]);
    expect(containerOf(staging)).not.toHaveProperty('Secrets');
  });
});

describe('connections', () => {
  interface Rule {
    readonly from: string;
    readonly to: string;
    readonly port: unknown;
  }

  const nameOf = (value: unknown) => {
    const path = resolveReference(value, 'workbench-some-gateway', staging.templates)?.path;
    return path ?? String(value);
  };

  /** The rules that the stack adds, also to groups of other stacks. */
  const rules = (side: 'Ingress' | 'Egress'): readonly Rule[] =>
    staging.all('gateway', `AWS::EC2::SecurityGroup${side}`).map(([, { Properties = {} }]) => {
      const group = nameOf(Properties.GroupId);
      const other = nameOf(
        Properties.CidrIp ?? Properties.SourceSecurityGroupId ?? Properties.DestinationSecurityGroupId,
      );
      const [from, to] = side === 'Ingress' ? [other, group] : [group, other];
      return { from, to, port: Properties.FromPort };
    });

  it('of browsers end at the load balancer, from the allowed addresses', () => {
    const group = propertiesOf(staging, 'AWS::EC2::SecurityGroup');
    expect(group.SecurityGroupIngress).toMatchObject(
      [80, 443].map((FromPort) => ({ CidrIp: '203.0.113.0/24', FromPort, ToPort: FromPort })),
    );
    // EC2 allows all egress of a group without an egress rule of its own.
    expect(group.SecurityGroupEgress).toMatchObject([{ CidrIp: '255.255.255.255/32' }]);
  });

  it('to the gate come only from the load balancer', () => {
    const rule = { from: 'Front/SecurityGroup', to: 'Network/Gateway', port: 8080 };
    expect(rules('Ingress')).toEqual([rule]);
    expect(rules('Egress')).toContainEqual(rule);
  });

  it('are allowed before the first task starts, which would fail otherwise', () => {
    const [[, service] = []] = staging.all('gateway', 'AWS::ECS::Service');
    const rules = (['Ingress', 'Egress'] as const).flatMap((side) =>
      staging.all('gateway', `AWS::EC2::SecurityGroup${side}`).map(([id]) => id),
    );
    expect(rules).toHaveLength(4);
    expect(listOf(valueAt(service, 'DependsOn'))).toEqual(expect.arrayContaining(rules));
  });

  it('of the gate go to https and to the port of the issuer', () => {
    const egress = rules('Egress').filter(({ from }) => from === 'Network/Gateway');
    expect(egress.map(({ to, port }) => [to, port])).toEqual([
      ['0.0.0.0/0', 443],
      ['0.0.0.0/0', 8443],
    ]);
  });
});

describe('the permissions', () => {
  interface Statement {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource: unknown;
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }

  const statementsOf = (policyId: string, app = staging): readonly Statement[] =>
    app
      .all('gateway', 'AWS::IAM::Policy')
      .filter(([id]) => id.startsWith(policyId))
      .flatMap(([, { Properties }]) => valueAt(Properties, 'PolicyDocument', 'Statement') as Statement[]);

  it('of the gate are exactly these', () => {
    expect(statementsOf('GatePermissions').map(({ Sid, Action }) => [Sid, listOf(Action)])).toEqual([
      ['FindWorkbench', ['dynamodb:Query']],
      ['ReadRecords', ['dynamodb:GetItem']],
      ['ReadShares', ['dynamodb:Query']],
      ['ReadStartTimes', ['dynamodb:Query']],
      ['UseTickets', ['dynamodb:DeleteItem', 'dynamodb:PutItem']],
      ['RecordAudit', ['dynamodb:PutItem']],
      ['RecordActivity', ['dynamodb:UpdateItem']],
      ['ReadActivity', ['dynamodb:BatchGetItem']],
      ['ReadSecrets', ['secretsmanager:GetSecretValue']],
    ]);
  });

  it('of the gate name every resource, without a wildcard', () => {
    for (const { Sid, Resource } of statementsOf('GatePermissions')) {
      for (const resource of listOf(Resource)) expect(valueToText(resource), Sid).not.toContain('*');
    }
  });

  it('of the gate limit every call on the table to the partitions of one kind of item', () => {
    const limits = statementsOf('GatePermissions')
      .filter(({ Action }) => listOf(Action).some((action) => action.startsWith('dynamodb:')))
      .map(({ Sid, Condition }) => [Sid, Condition]);
    const itemsOf = (...LeadingKeys: string[]) => ({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': LeadingKeys },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    });
    expect(limits).toEqual([
      // The index has keys only, and its partition key is the id of the workbench.
      ['FindWorkbench', undefined],
      ['ReadRecords', itemsOf('user#*', 'cutoff#*', 'ticket#*')],
      ['ReadShares', itemsOf('share#*')],
      ['ReadStartTimes', itemsOf('system#start-times*')],
      ['UseTickets', itemsOf('ticket#*')],
      ['RecordAudit', itemsOf('audit-*')],
      ['RecordActivity', itemsOf('activity#*', 'cutoff#*')],
      ['ReadActivity', itemsOf('activity#*')],
    ]);
  });

  it('of the gate decrypt only its secrets, with keys of the operator', async () => {
    const key = 'arn:aws:kms:us-west-1:123456789012:key/01234567';
    const own = (name: string) => `arn:aws:secretsmanager:us-west-1:123456789012:secret:${name}`;
    const settings: StageSettings = someStage({
      auth: { jwtKey: true, secretArn: own('api'), secretKeyArn: key },
      gateway: {
        ...SOME_GATEWAY,
        oidc: { ...OIDC, secretKeyArn: key },
        sealingKeys: { secretArn: own('seal'), keyArn: key },
      },
    });
    const app = await synthesizeGate(settings, own('api'));
    const found = statementsOf('GatePermissions', app).filter(({ Sid }) => Sid.endsWith('Secrets'));
    expect(found).toMatchObject([
      { Sid: 'ReadSecrets', Resource: expect.arrayContaining([own('api'), own('seal'), OIDC.secretArn]) },
      {
        Sid: 'DecryptSecrets',
        Action: 'kms:Decrypt',
        Resource: key,
        Condition: {
          StringEquals: {
            'kms:EncryptionContext:SecretARN': [own('seal'), own('api'), OIDC.secretArn],
          },
        },
      },
    ]);
    expect(app.all('gateway', 'AWS::SecretsManager::Secret')).toEqual([]);
  });

  it('of ECS pull the image and write the log', () => {
    expect(statementsOf('GateExecution').map(({ Sid, Action }) => [Sid, listOf(Action)])).toEqual([
      ['LogInToEcr', ['ecr:GetAuthorizationToken']],
      ['PullImage', ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']],
      ['WriteGateLogs', ['logs:CreateLogStream', 'logs:PutLogEvents']],
    ]);
  });
});

it('the alarms and the dashboard name the metrics of the gate', () => {
  const alarms = production.all('gateway', 'AWS::CloudWatch::Alarm').map(([, { Properties = {} }]) => {
    const { AlarmName, Namespace, MetricName, Statistic, ComparisonOperator, Threshold } = Properties;
    const operator = ComparisonOperator === 'LessThanThreshold' ? '<' : '>=';
    const name = String(AlarmName).replace('workbench-some ', '');
    const [dimension] = (Properties.Dimensions ?? []) as readonly { Name: string; Value: string }[];
    const reason = dimension?.Name === 'reason' ? ` ${dimension.Value}` : '';
    const times = `${String(Properties.EvaluationPeriods)} × ${String(Properties.Period)} s`;
    const missing = Properties.TreatMissingData === 'breaching' ? ', or no data' : '';
    return [
      name,
      `${String(Statistic)} ${String(Namespace)} ${String(MetricName)}${reason} ${operator} ${String(Threshold)}, ${times}${missing}`,
    ];
  });
  expect(Object.fromEntries(alarms)).toEqual({
    'gate without healthy tasks': 'Maximum AWS/ApplicationELB HealthyHostCount < 1, 2 × 60 s, or no data',
    'gate tasks missing': 'Maximum AWS/ApplicationELB HealthyHostCount < 2, 3 × 300 s',
    'gate tasks unhealthy': 'Minimum AWS/ApplicationELB UnHealthyHostCount >= 1, 3 × 300 s',
    'gate 5xx errors': 'Sum AWS/ApplicationELB HTTPCode_ELB_5XX_Count >= 10, 2 × 300 s',
    'gate keys unreadable': 'Sum WorkbenchController/workbench-some gate_keys_unreadable >= 1, 2 × 300 s',
    'issuer unavailable': 'Sum WorkbenchController/workbench-some sign_in_failed unavailable >= 3, 2 × 300 s',
    'issuer refuses the gate':
      'Sum WorkbenchController/workbench-some sign_in_failed misconfigured >= 3, 2 × 300 s',
    'user claim missing':
      'Sum WorkbenchController/workbench-some sign_in_failed claim_missing >= 3, 2 × 300 s',
    'gate CPU high': 'Average AWS/ECS CPUUtilization >= 85, 3 × 300 s',
    'gate memory high': 'Average AWS/ECS MemoryUtilization >= 85, 3 × 300 s',
  });
  const dashboard = valueToText(propertiesOf(production, 'AWS::CloudWatch::Dashboard').DashboardBody);
  for (const metric of [
    'RequestCount',
    'HealthyHostCount',
    'HTTPCode_Target_5XX_Count',
    'ActiveConnectionCount',
  ])
    expect(dashboard).toContain(`"${metric}"`);
});
