import { METRICS, type MetricDefinition } from '#contract/metrics.ts';
import { DUE_SHARDS } from '#contract/table.ts';
import type { Template } from '#lib/checks/template.ts';
import { NAT_INSTANCE_TYPE } from '#lib/constructs/nat-instance.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { type AssumedValues, FREE_DASHBOARDS_MAX } from './assumptions.ts';
import { type BillLine, billLine, costOf, MONTH_HOURS } from './prices.ts';
import {
  countAlarmMetrics,
  countInterfaceEndpoints,
  countLoadBalancerAddresses,
  countQueueMappings,
  findIdleInstances,
  findIdleTasks,
  findScheduledFunctions,
  findUnknownTypes,
  type IdleInstances,
  type IdleTasks,
  resourcesOfType,
} from './template-counts.ts';

const GB = 1e9;
const DAYS_OF_MONTH = MONTH_HOURS / 24;
/** Lambda's long polling of an empty queue. */
const LONG_POLL_SECONDS = 20;
/**
 * The sweep of due records makes one query for each shard of its index, of half a read unit each, and every tenth sweep makes
 * a second one.
 */
const SWEEP_DUE_READ_UNITS = (DUE_SHARDS / 2) * 1.1;

/**
 * Returns the costs of a month without use, from the templates of the stage and the assumptions.
 * @throws Error If a template has a resource type without a known price.
 */
export function idleBill(
  templates: readonly Template[],
  settings: Pick<StageSettings, 'logs'>,
  assumed: AssumedValues,
): readonly BillLine[] {
  const unknown = findUnknownTypes(templates);
  if (unknown.length > 0)
    throw new Error(`tools/costs/template-counts.ts has no price for ${unknown.join(', ')}`);
  const count = (type: string) => resourcesOfType(templates, type).length;
  const hours = (type: string) => count(type) * MONTH_HOURS;
  return [
    billLine('NAT gateways', 'natGateway', hours('AWS::EC2::NatGateway'), 'hours'),
    ...natInstances(templates),
    billLine('Public addresses of NATs', 'publicAddress', hours('AWS::EC2::EIP'), 'hours'),
    billLine(
      'Interface endpoints',
      'interfaceEndpoint',
      countInterfaceEndpoints(templates) * MONTH_HOURS,
      'hours × zones',
    ),
    ...gate(templates),
    billLine('Alarms', 'alarmMetric', countAlarmMetrics(templates), 'metrics'),
    dashboards(count('AWS::CloudWatch::Dashboard'), assumed),
    billLine('Secrets', 'secret', count('AWS::SecretsManager::Secret'), 'secrets'),
    billLine('KMS keys', 'key', count('AWS::KMS::Key'), 'keys'),
    ...schedules(templates, assumed),
    billLine(
      'Queue polling',
      'queueRequests',
      countQueueMappings(templates) * assumed['queue-pollers'] * ((MONTH_HOURS * 3600) / LONG_POLL_SECONDS),
      'requests',
    ),
    ...logs(templates, settings, assumed),
    billLine(
      'Images',
      'images',
      count('AWS::ECR::Repository') * assumed['image-gb'] * assumed['images-kept'],
      'GB-months',
    ),
  ];
}

/** @throws Error If a group has a minimum size and other instances than a NAT. */
function natInstances(templates: readonly Template[]): readonly BillLine[] {
  const idle = findIdleInstances(templates);
  const other = idle.find(({ instanceType }) => instanceType !== NAT_INSTANCE_TYPE);
  if (other !== undefined) throw new Error(`no price for an idle ${other.instanceType}`);
  const sum = (amountOf: (instances: IdleInstances) => number) =>
    idle.reduce((total, instances) => total + amountOf(instances), 0);
  return [
    billLine('NAT instances', 'natInstance', sum(({ count }) => count) * MONTH_HOURS, 'hours'),
    billLine(
      'Disks of NAT instances',
      'disk',
      sum(({ count, diskGib }) => count * diskGib),
      'GB-months',
    ),
  ];
}

/** The load balancer and the tasks of the gate. */
function gate(templates: readonly Template[]): readonly BillLine[] {
  const balancers = resourcesOfType(templates, 'AWS::ElasticLoadBalancingV2::LoadBalancer').length;
  const addresses = countLoadBalancerAddresses(templates);
  const tasks = findIdleTasks(templates);
  const hoursOf = (isArm: boolean, amountOf: (task: IdleTasks) => number) =>
    MONTH_HOURS *
    tasks.filter((task) => task.isArm === isArm).reduce((sum, task) => sum + task.count * amountOf(task), 0);
  const vcpus = ({ vcpus: amount }: IdleTasks) => amount;
  const memory = ({ memoryGib }: IdleTasks) => memoryGib;
  return [
    billLine('Gate: load balancer', 'loadBalancer', balancers * MONTH_HOURS, 'hours'),
    billLine('Gate: public addresses', 'publicAddress', addresses * MONTH_HOURS, 'hours'),
    billLine('Gate: tasks, CPU', 'fargateCpu', hoursOf(false, vcpus), 'vCPU-hours'),
    billLine('Gate: tasks, memory', 'fargateMemory', hoursOf(false, memory), 'GB-hours'),
    billLine('Gate: tasks, CPU (arm64)', 'fargateArmCpu', hoursOf(true, vcpus), 'vCPU-hours'),
    billLine('Gate: tasks, memory (arm64)', 'fargateArmMemory', hoursOf(true, memory), 'GB-hours'),
  ];
}

function dashboards(count: number, assumed: AssumedValues): BillLine {
  const free = Math.max(0, FREE_DASHBOARDS_MAX - assumed['other-dashboards']);
  return {
    label: 'Dashboards',
    quantity: count,
    unit: 'dashboards',
    usd: costOf('dashboard', Math.max(0, count - free)),
  };
}

function schedules(templates: readonly Template[], assumed: AssumedValues): readonly BillLine[] {
  const sweeps = findScheduledFunctions(templates).map(({ everyMinutes, memoryMib }) => ({
    runs: runsPerMonth(everyMinutes),
    gbSeconds: runsPerMonth(everyMinutes) * (assumed['schedule-ms'] / 1000) * (memoryMib / 1024),
    reads: everyMinutes === 1 ? SWEEP_DUE_READ_UNITS : assumed['schedule-reads'],
    writes: everyMinutes === 1 ? 0 : assumed['schedule-writes'],
  }));
  const sum = (amountOf: (sweep: (typeof sweeps)[number]) => number) =>
    sweeps.reduce((total, sweep) => total + amountOf(sweep), 0);
  return [
    billLine(
      'Schedules: invocations',
      'lambdaRequests',
      sum(({ runs }) => runs),
      'invocations',
    ),
    billLine(
      'Schedules: duration',
      'lambdaDuration',
      sum(({ gbSeconds }) => gbSeconds),
      'GB-seconds',
    ),
    billLine(
      'Schedules: table reads',
      'tableReads',
      sum(({ runs, reads }) => runs * reads),
      'read units',
    ),
    billLine(
      'Schedules: reports',
      'tableWrites',
      sum(({ runs, writes }) => runs * writes),
      'write units',
    ),
  ];
}

function logs(
  templates: readonly Template[],
  { logs: { retentionDays } }: Pick<StageSettings, 'logs'>,
  assumed: AssumedValues,
): readonly BillLine[] {
  const runs = findScheduledFunctions(templates).reduce(
    (sum, { everyMinutes }) => sum + runsPerMonth(everyMinutes),
    0,
  );
  const written = (runs * assumed['function-log-bytes']) / GB;
  const rejected = resourcesOfType(templates, 'AWS::EC2::FlowLog').length * assumed['rejected-traffic-gb'];
  return [
    billLine('Logs: schedules', 'logIngestion', written, 'GB'),
    billLine('Logs: rejected traffic', 'logIngestion', rejected, 'GB'),
    billLine(
      'Logs: storage',
      'logStorage',
      ((written + rejected) * retentionDays) / DAYS_OF_MONTH,
      'GB-months',
    ),
  ];
}

function runsPerMonth(everyMinutes: number): number {
  return (MONTH_HOURS * 60) / everyMinutes;
}

/** Metrics of an HTTP API for each route with detailed metrics: 4xx, 5xx, Count, two latencies, DataProcessed. */
const METRICS_PER_ROUTE = 6;

/**
 * Returns the maximum costs of custom metrics in a month. CloudWatch bills a metric for each hour in which it has data.
 * Metrics whose dimension has no fixed set of values are not included.
 */
export function metricsBill(templates: readonly Template[]): readonly BillLine[] {
  const metrics: readonly MetricDefinition[] = Object.values(METRICS);
  const metricCount = metrics.reduce(
    (sum, { dimensions, values = [] }) => sum + (dimensions === undefined ? 1 : values.length),
    0,
  );
  const detailed = resourcesOfType(templates, 'AWS::ApiGatewayV2::Stage').some(
    ({ Properties = {} }) =>
      (Properties.DefaultRouteSettings as { DetailedMetricsEnabled?: unknown } | undefined)
        ?.DetailedMetricsEnabled === true,
  );
  const routes = resourcesOfType(templates, 'AWS::ApiGatewayV2::Route').length;
  return [
    billLine('Metrics of the functions', 'customMetric', metricCount, 'metrics'),
    billLine(
      'Metrics of the API, by route',
      'customMetric',
      detailed ? routes * METRICS_PER_ROUTE : 0,
      'metrics',
    ),
  ];
}
