import { listOf, type Resource, resourcesOf, type Template } from '#lib/checks/template.ts';

/**
 * Resource types that cost nothing without use, and the reason. Any other type needs a price.
 */
const FREE_WHEN_IDLE: readonly (readonly [why: string, types: readonly string[]])[] = [
  [
    'free',
    [
      'AWS::EC2::VPC',
      'AWS::EC2::Subnet',
      'AWS::EC2::RouteTable',
      'AWS::EC2::SubnetRouteTableAssociation',
      'AWS::EC2::NetworkInterface',
      'AWS::EC2::EIPAssociation',
      'AWS::EC2::Route',
      'AWS::EC2::InternetGateway',
      'AWS::EC2::VPCGatewayAttachment',
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
      'AWS::EC2::LaunchTemplate',
      'AWS::EC2::FlowLog',
      'AWS::IAM::Role',
      'AWS::IAM::Policy',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::InstanceProfile',
      'AWS::ECS::Cluster',
      'AWS::ECS::CapacityProvider',
      'AWS::ECS::ClusterCapacityProviderAssociations',
      'AWS::EFS::MountTarget',
      'AWS::EFS::AccessPoint',
      'AWS::SQS::QueuePolicy',
      'AWS::SNS::TopicPolicy',
      'AWS::SNS::Subscription',
      'AWS::Lambda::Permission',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Events::EventBus',
      'AWS::Backup::BackupPlan',
      'AWS::Backup::BackupSelection',
      'AWS::ECS::TaskDefinition',
      'AWS::ElasticLoadBalancingV2::Listener',
      'AWS::ElasticLoadBalancingV2::ListenerRule',
      'AWS::ElasticLoadBalancingV2::TargetGroup',
      'AWS::CertificateManager::Certificate',
      'AWS::ApplicationAutoScaling::ScalableTarget',
      'AWS::ApplicationAutoScaling::ScalingPolicy',
      'AWS::S3::BucketPolicy',
      'Custom::AWS',
      'Custom::CDKBucketDeployment',
      'AWS::Lambda::LayerVersion',
      'AWS::CloudFront::OriginAccessControl',
      'AWS::CloudFront::ResponseHeadersPolicy',
    ],
  ],
  [
    'billed by request',
    [
      'AWS::Lambda::Function',
      'AWS::SQS::Queue',
      'AWS::SNS::Topic',
      'AWS::ApiGatewayV2::Api',
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::Authorizer',
      'AWS::ApiGatewayV2::Stage',
      'AWS::Route53::RecordSet',
      'AWS::CloudFront::Distribution',
      'AWS::CloudFront::Function',
    ],
  ],
  [
    'billed by stored bytes',
    ['AWS::DynamoDB::GlobalTable', 'AWS::EFS::FileSystem', 'AWS::Backup::BackupVault', 'AWS::S3::Bucket'],
  ],
  ['billed by written bytes, which other lines include', ['AWS::Logs::LogGroup']],
];

const PRICED_TYPES = [
  'AWS::EC2::NatGateway',
  'AWS::EC2::EIP',
  'AWS::AutoScaling::AutoScalingGroup',
  'AWS::EC2::VPCEndpoint',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::SecretsManager::Secret',
  'AWS::KMS::Key',
  'AWS::Events::Rule',
  'AWS::Lambda::EventSourceMapping',
  'AWS::ECR::Repository',
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::ECS::Service',
];

const KNOWN_TYPES: ReadonlySet<string> = new Set([
  ...PRICED_TYPES,
  ...FREE_WHEN_IDLE.flatMap(([, types]) => types),
]);

/** Returns the resource types in the templates without a known price. */
export function findUnknownTypes(templates: readonly Template[]): readonly string[] {
  const types = templates.flatMap((template) => resourcesOf(template).map(([, { Type }]) => Type));
  return [...new Set(types)].filter((type) => !KNOWN_TYPES.has(type)).sort();
}

/** Counts the mappings of queues. AWS does not bill how Lambda polls the stream of a table. */
export function countQueueMappings(templates: readonly Template[]): number {
  return resourcesOfType(templates, 'AWS::Lambda::EventSourceMapping').filter(
    ({ Properties = {} }) => Properties.StartingPosition === undefined,
  ).length;
}

/** Returns the resources of one type. */
export function resourcesOfType(templates: readonly Template[], type: string): readonly Resource[] {
  return templates.flatMap((template) =>
    resourcesOf(template).flatMap(([, resource]) => (resource.Type === type ? [resource] : [])),
  );
}

/** Counts interface endpoints, which are billed by the hour for each zone. Gateway endpoints are free. */
export function countInterfaceEndpoints(templates: readonly Template[]): number {
  return resourcesOfType(templates, 'AWS::EC2::VPCEndpoint')
    .filter(({ Properties = {} }) => Properties.VpcEndpointType === 'Interface')
    .reduce((sum, { Properties = {} }) => sum + listOf(Properties.SubnetIds).length, 0);
}

/** Instances of an Auto Scaling group that run without use. */
export interface IdleInstances {
  readonly count: number;
  readonly instanceType: string;
  readonly diskGib: number;
}

/** Returns the instances of groups whose minimum size is not 0. */
export function findIdleInstances(templates: readonly Template[]): readonly IdleInstances[] {
  return templates.flatMap((template) =>
    resourcesOf(template).flatMap(([, { Type, Properties = {} }]) => {
      const count = Number(Properties.MinSize);
      if (Type !== 'AWS::AutoScaling::AutoScalingGroup' || count === 0) return [];
      return [{ count, ...launchedBy(template, Properties.LaunchTemplate) }];
    }),
  );
}

interface LaunchTemplateData {
  readonly InstanceType?: string;
  readonly BlockDeviceMappings?: readonly { readonly Ebs?: { readonly VolumeSize?: number } }[];
}

/** @throws Error If the launch template is not in the template, or has no type or disk. */
function launchedBy(
  { Resources = {} }: Template,
  launchTemplate: unknown,
): Pick<IdleInstances, 'instanceType' | 'diskGib'> {
  const { LaunchTemplateId: id } = (launchTemplate ?? {}) as { LaunchTemplateId?: { Ref?: string } };
  const data = Resources[id?.Ref ?? '']?.Properties?.LaunchTemplateData as LaunchTemplateData | undefined;
  const { InstanceType: instanceType, BlockDeviceMappings: [disk] = [] } = data ?? {};
  const diskGib = disk?.Ebs?.VolumeSize;
  if (instanceType !== undefined && diskGib !== undefined) return { instanceType, diskGib };
  throw new Error(`no type or disk for the instances of ${JSON.stringify(launchTemplate)}`);
}

/** The tasks of a service of Fargate that run without use. */
export interface IdleTasks {
  readonly count: number;
  /** Of one task. */
  readonly vcpus: number;
  /** Of one task. */
  readonly memoryGib: number;
  readonly isArm: boolean;
}

/** Returns the minimum of tasks of each service. @throws Error If the template has neither their number nor their size. */
export function findIdleTasks(templates: readonly Template[]): readonly IdleTasks[] {
  return templates.flatMap((template) =>
    resourcesOfType([template], 'AWS::ECS::Service').map(({ Properties = {} }) => {
      const [scaling] = resourcesOfType([template], 'AWS::ApplicationAutoScaling::ScalableTarget');
      const count = Number(Properties.DesiredCount ?? scaling?.Properties?.MinCapacity);
      const { Ref = '' } = (Properties.TaskDefinition ?? {}) as { readonly Ref?: string };
      const { Cpu, Memory, RuntimePlatform } = template.Resources?.[Ref]?.Properties ?? {};
      const { CpuArchitecture } = (RuntimePlatform ?? {}) as { readonly CpuArchitecture?: unknown };
      const tasks = {
        count,
        vcpus: Number(Cpu) / 1024,
        memoryGib: Number(Memory) / 1024,
        isArm: CpuArchitecture === 'ARM64',
      };
      if ([count, tasks.vcpus, tasks.memoryGib].every(Number.isFinite)) return tasks;
      throw new Error(`no number or size of tasks for ${JSON.stringify(Properties.TaskDefinition)}`);
    }),
  );
}

/** Counts the public addresses of load balancers: one in each of their subnets. */
export function countLoadBalancerAddresses(templates: readonly Template[]): number {
  return resourcesOfType(templates, 'AWS::ElasticLoadBalancingV2::LoadBalancer')
    .filter(({ Properties = {} }) => Properties.Scheme === 'internet-facing')
    .reduce((sum, { Properties = {} }) => sum + listOf(Properties.Subnets).length, 0);
}

/** Counts the metrics of alarms, by which CloudWatch bills them. */
export function countAlarmMetrics(templates: readonly Template[]): number {
  return resourcesOfType(templates, 'AWS::CloudWatch::Alarm')
    .map(({ Properties = {} }) => listOf(Properties.Metrics as readonly unknown[] | undefined))
    .map((metrics) =>
      metrics.filter((metric) => (metric as { MetricStat?: unknown }).MetricStat !== undefined),
    )
    .reduce((sum, metrics) => sum + Math.max(1, metrics.length), 0);
}

export interface ScheduledFunction {
  readonly everyMinutes: number;
  readonly memoryMib: number;
}

/** Returns the functions with a schedule. @throws Error If a schedule is not a rate. */
export function findScheduledFunctions(templates: readonly Template[]): readonly ScheduledFunction[] {
  return templates.flatMap((template) =>
    resourcesOf(template).flatMap(([, { Type, Properties = {} }]) => {
      const { ScheduleExpression: expression, Targets } = Properties;
      if (Type !== 'AWS::Events::Rule' || expression === undefined) return [];
      return listOf(Targets as readonly { readonly Arn?: unknown }[] | undefined).map((target) => ({
        everyMinutes: parseRate(String(expression)),
        memoryMib: memoryOf(template, target.Arn),
      }));
    }),
  );
}

/** Returns the memory of a function in MiB. @throws Error If the template does not have the function. */
export function memoryOf({ Resources = {} }: Template, arn: unknown): number {
  const [id] = listOf((arn as { 'Fn::GetAtt'?: string | readonly string[] } | undefined)?.['Fn::GetAtt']);
  const memory = Resources[id ?? '']?.Properties?.MemorySize;
  if (typeof memory === 'number') return memory;
  throw new Error(`the template has no function ${JSON.stringify(arn)}`);
}

/** `rate(10 minutes)` → 10. */
function parseRate(expression: string): number {
  const [, number, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1440 }[unit];
  if (minutes === undefined) throw new Error(`not a rate: ${expression}`);
  return Number(number) * minutes;
}
