import { METRICS, type MetricDefinition } from '#contract/metrics.ts';
import { DUE_SHARDS } from '#contract/table.ts';
import type { Template } from '#lib/checks/template.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { type AssumedValues, FREE_DASHBOARDS_MAX } from './assumptions.ts';
import { type BillLine, billLine, costOf, MONTH_HOURS } from './prices.ts';
import {
  countAlarmMetrics,
  countInterfaceEndpoints,
  findScheduledFunctions,
  findUnknownTypes,
  resourcesOfType,
} from './template-counts.ts';

const GB = 1e9;
const DAYS_OF_MONTH = MONTH_HOURS / 24;
/** The longest that Lambda waits at an empty queue, seconds. */
const LONG_POLL_SECONDS = 20;
/** The one that runs each minute reads one query for each shard of its index, half a unit each, and no more. */
const SWEEP_DUE_READ_UNITS = DUE_SHARDS / 2;

/**
 * What a month costs in which nobody uses the system: counted from the templates of the stage, the rest assumed.
 * @throws Error when a template has something of which it is not known what it costs
 */
export function idleBill(
  templates: readonly Template[],
  settings: Pick<StageSettings, 'logs'>,
  assumed: AssumedValues,
): readonly BillLine[] {
  const unknown = findUnknownTypes(templates);
  if (unknown.length > 0)
    throw new Error(`tools/costs/template-counts.ts does not know ${unknown.join(', ')}`);
  const count = (type: string) => resourcesOfType(templates, type).length;
  const hours = (type: string) => count(type) * MONTH_HOURS;
  return [
    billLine('NAT gateways', 'natGateway', hours('AWS::EC2::NatGateway'), 'hours'),
    billLine('Their public addresses', 'publicAddress', hours('AWS::EC2::EIP'), 'hours'),
    billLine(
      'Interface endpoints',
      'interfaceEndpoint',
      countInterfaceEndpoints(templates) * MONTH_HOURS,
      'hours × zones',
    ),
    billLine('Alarms', 'alarmMetric', countAlarmMetrics(templates), 'metrics'),
    dashboards(count('AWS::CloudWatch::Dashboard'), assumed),
    billLine('Secrets', 'secret', count('AWS::SecretsManager::Secret'), 'secrets'),
    billLine('Keys of KMS', 'key', count('AWS::KMS::Key'), 'keys'),
    ...schedules(templates, assumed),
    billLine(
      'Waiting at the queues',
      'queueRequests',
      count('AWS::Lambda::EventSourceMapping') *
        assumed['queue-pollers'] *
        ((MONTH_HOURS * 3600) / LONG_POLL_SECONDS),
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

function dashboards(count: number, assumed: AssumedValues): BillLine {
  const free = Math.max(0, FREE_DASHBOARDS_MAX - assumed['other-dashboards']);
  return {
    what: 'Dashboards',
    quantity: count,
    unit: 'dashboards',
    usd: costOf('dashboard', Math.max(0, count - free)),
  };
}

function schedules(templates: readonly Template[], assumed: AssumedValues): readonly BillLine[] {
  const passes = findScheduledFunctions(templates).map(({ everyMinutes, memoryMib }) => ({
    runs: runsPerMonth(everyMinutes),
    gbSeconds: runsPerMonth(everyMinutes) * (assumed['schedule-ms'] / 1000) * (memoryMib / 1024),
    reads: everyMinutes === 1 ? SWEEP_DUE_READ_UNITS : assumed['schedule-reads'],
    writes: everyMinutes === 1 ? 0 : assumed['schedule-writes'],
  }));
  const sum = (of: (pass: (typeof passes)[number]) => number) =>
    passes.reduce((total, pass) => total + of(pass), 0);
  return [
    billLine(
      'Schedules: invocations',
      'lambdaRequests',
      sum(({ runs }) => runs),
      'invocations',
    ),
    billLine(
      'Schedules: running',
      'lambdaDuration',
      sum(({ gbSeconds }) => gbSeconds),
      'GB-seconds',
    ),
    billLine(
      'Schedules: reads of the table',
      'tableReads',
      sum(({ runs, reads }) => runs * reads),
      'read units',
    ),
    billLine(
      'Schedules: their reports',
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
  const refused = resourcesOfType(templates, 'AWS::EC2::FlowLog').length * assumed['rejected-traffic-gb'];
  return [
    billLine('Logs: of the schedules', 'logIngestion', written, 'GB'),
    billLine('Logs: of refused traffic', 'logIngestion', refused, 'GB'),
    billLine('Logs: kept', 'logStorage', ((written + refused) * retentionDays) / DAYS_OF_MONTH, 'GB-months'),
  ];
}

/** In a month. */
function runsPerMonth(everyMinutes: number): number {
  return (MONTH_HOURS * 60) / everyMinutes;
}

/** What an HTTP API tells of each route when detailed metrics are on: 4xx, 5xx, Count, two latencies, DataProcessed. */
const PER_ROUTE = 6;

/**
 * The most that metrics of our own come to in a month in which each is told in every hour: they are paid by the hours
 * in which they are told. Those whose dimension has no closed set of values are left out.
 */
export function metricsBill(templates: readonly Template[]): readonly BillLine[] {
  const metrics: readonly MetricDefinition[] = Object.values(METRICS);
  const counted = metrics.reduce(
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
    billLine('What the functions count', 'customMetric', counted, 'metrics'),
    billLine('The API, by route', 'customMetric', detailed ? routes * PER_ROUTE : 0, 'metrics'),
  ];
}
