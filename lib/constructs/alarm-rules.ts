import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { METRICS } from '#contract/metrics.ts';
import type { StageSettings } from '../settings/stage.ts';
import type { Alarms } from './alarms.ts';
import { fileBytes, forwardedBytes, logBytes } from './billed-bytes.ts';
import { functionMetric } from './function-metric.ts';
import type { WayOut } from './network.ts';
import type { WorkQueues } from './work-queues.ts';

export interface MonitoredResources {
  readonly settings: StageSettings;
  readonly api: HttpApi;
  readonly queues: WorkQueues;
  readonly table: TableV2;
  /** Names of functions in AWS: all that are invoked asynchronously, and the authorizer, by their short names. */
  readonly backgroundFunctions: ReadonlyMap<string, string>;
  /** Name of the function in AWS that runs every minute. */
  readonly heartbeat: string;
  readonly cluster: string;
  readonly providers: readonly string[];
  /** Name of the log group with the output of workbenches. */
  readonly workbenchLogs: string;
  readonly fileSystemIds: readonly string[];
  readonly wayOut: WayOut | undefined;
}

const SHORT = Duration.minutes(5);
const LONG = Duration.minutes(15);
const HOUR = Duration.hours(1);
const QUARTER_DAY = Duration.hours(6);

const GB = 1e9;

/** Adds all alarms of an installation. docs/operations.md says what to do about each. */
export function addAlarms(alarms: Alarms, resources: MonitoredResources): void {
  addQueueAlarms(alarms, resources);
  addApiAlarms(alarms, resources);
  addFunctionAlarms(alarms, resources);
  addReconcilerAlarms(alarms);
  addSweepAlarms(alarms);
  addCapacityAlarms(alarms, resources);
  addBudgetAlarms(alarms, resources);
}

function addQueueAlarms(alarms: Alarms, { queues, settings }: MonitoredResources): void {
  const deadLetterQueues = {
    'work DLQ not empty': [
      queues.deadLetterQueues.work,
      'Messages that the drive function failed to process 5 times.',
    ],
    'host DLQ not empty': [
      queues.deadLetterQueues.host,
      'Messages that the drive-host function failed to process 5 times.',
    ],
    'delete DLQ not empty': [
      queues.deadLetterQueues.delete,
      'Messages that the drive-delete function failed to process 5 times.',
    ],
    'event DLQ not empty': [
      queues.eventDeadLetterQueue,
      'EventBridge could not deliver events to a function. The reconciler will find the changes.',
    ],
    'failed invocations not empty': [
      queues.failedInvocations,
      'An asynchronous invocation (event or schedule) failed after all retries.',
    ],
  } as const;
  for (const [id, [queue, cause]] of Object.entries(deadLetterQueues)) {
    alarms.add(id, {
      description: `${cause} Queue ${queue.queueName} keeps them for 14 days.`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: SHORT }),
      threshold: 1,
    });
  }
  for (const name of ['work', 'host', 'delete'] as const) {
    alarms.add(`${name} queue age high`, {
      description: 'The oldest message is too old: the consumer fails, is throttled or cannot keep up.',
      metric: queues.queues[name].metricApproximateAgeOfOldestMessage({
        statistic: Stats.MAXIMUM,
        period: SHORT,
      }),
      threshold: settings.alarms.queueAgeSeconds,
      periods: 2,
    });
  }
  alarms.add('SendMessage failures', {
    description:
      'SendMessage to a queue fails. The reconciler sends the workbenches to the work queue within a minute. If the host queue or the delete queue fails, their work waits.',
    metric: alarms.sumOf(['queue_send_failed', 'forward_failed'], SHORT),
    threshold: 5,
    periods: 2,
  });
}

function addApiAlarms(alarms: Alarms, { api, settings }: MonitoredResources): void {
  alarms.add('API 5xx errors', {
    description: 'The API returns 5xx. Search the logs of its functions by request id.',
    metric: api.metricServerError({ statistic: Stats.SUM, period: SHORT }),
    threshold: 5,
    periods: 2,
  });
  alarms.add('API latency high', {
    description: 'The p99 latency of the API is above its threshold.',
    metric: api.metricLatency({ statistic: 'p99', period: SHORT }),
    threshold: settings.alarms.latencySeconds * 1000,
    periods: 3,
  });
  alarms.add('token verification failing', {
    description:
      'The authorizer cannot verify tokens: it cannot read the JWKS of the issuer or the secret. Callers are refused.',
    metric: alarms.sumOf('authorizer_failed', SHORT),
    threshold: 3,
    periods: 2,
  });
  alarms.add('audit events lost', {
    description:
      'Openings, refusals or acts for other users could not be stored in the audit. The log of the function has them.',
    metric: alarms.sumOf('audit_events_lost', SHORT),
    threshold: 1,
  });
}

function addFunctionAlarms(
  alarms: Alarms,
  { backgroundFunctions, heartbeat, table }: MonitoredResources,
): void {
  for (const [name, functionName] of backgroundFunctions) {
    alarms.add(`${name} errors`, {
      description: `The function ${name} returns errors or times out. See its log.`,
      ...errorCondition(name, (period) =>
        functionMetric(functionName, 'Errors', { statistic: Stats.SUM, period }),
      ),
    });
  }
  alarms.add('functions throttled', {
    description: 'Lambda throttles functions of this account and region: request a higher concurrency quota.',
    metric: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Throttles',
      statistic: Stats.SUM,
      period: SHORT,
    }),
    threshold: 10,
    periods: 2,
  });
  alarms.add('reconciler not running', {
    description: 'The reconciler has not run for 15 minutes: lost messages and events are not repaired.',
    metric: functionMetric(heartbeat, 'Invocations', { statistic: Stats.SUM, period: LONG }),
    threshold: 1,
    isBelow: true,
    missingIsBreaching: true,
  });
  for (const kind of ['Read', 'Write'] as const) {
    alarms.add(`table ${kind.toLowerCase()}s throttled`, {
      description: 'DynamoDB throttles requests to the table or one of its partitions.',
      metric: table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM, period: SHORT }),
      threshold: 10,
      periods: 2,
    });
  }
}

/** A function on a slow schedule cannot have three errors within 15 minutes, even if every invocation fails. */
export function errorCondition(name: string, errors: (period: Duration) => Metric) {
  const deployed: Readonly<Record<string, DeployedFunction>> = DEPLOYED;
  const startedBy = deployed[name]?.startedBy;
  const isRare = startedBy?.by === 'schedule' && startedBy.everyMinutes * 3 > LONG.toMinutes();
  if (!isRare) return { metric: errors(LONG), threshold: 3 };
  return { metric: errors(twoIntervals(startedBy.everyMinutes)), threshold: 1, periods: 2 };
}

function addReconcilerAlarms(alarms: Alarms): void {
  alarms.add('due records high', {
    description:
      'Each minute the reconciler finds many due records that were not driven: messages are lost or late.',
    metric: alarms.sumOf('due_enqueued', SHORT),
    threshold: 1000,
    periods: 3,
  });
  alarms.add('stops and deletes overdue', {
    description:
      'Stops or deletes exceed their deadline: a disconnected agent, a task that does not stop, or files that cannot be deleted.',
    metric: alarms.sumOf('overdue', LONG),
    threshold: 1,
    periods: 2,
  });
  alarms.add('unreadable records', {
    description: 'A record cannot be parsed by this version. See the log of the function.',
    // Sweeps find it every ten minutes. With a shorter period the alarm would start and end with each sweep.
    metric: alarms.sumOf('unreadable_record', HOUR),
    threshold: 1,
  });
  for (const [id, name] of [
    ['unreadable history entries', 'unreadable_history_entry'],
    ['invalid messages dropped', 'invalid_message_dropped'],
  ] as const) {
    alarms.add(id, {
      description:
        'A stored item or a message cannot be parsed by this version. See the log of the function.',
      metric: alarms.sumOf(name, SHORT),
      threshold: 1,
    });
  }
}

function addCapacityAlarms(alarms: Alarms, { providers, cluster }: MonitoredResources): void {
  for (const provider of providers) {
    alarms.add(`${provider} at capacity`, {
      description: `Tasks have waited for instances of ${provider} for 30 minutes: it is at maxInstances, or AWS has no capacity.`,
      metric: providerReservationMetric(cluster, provider, LONG),
      // Percent. Above 100, tasks wait for an instance.
      threshold: 101,
      periods: 2,
    });
    alarms.add(`${provider} idle`, {
      description: `Instances of ${provider} have run without a workbench for three hours. ECS did not terminate them.`,
      // 0 percent of the existing instances are needed. Without instances the metric is 100.
      metric: providerReservationMetric(cluster, provider, HOUR),
      threshold: 1,
      periods: 3,
      isBelow: true,
    });
  }
}

/** Nothing limits how much workbenches print, read, write or transfer. */
function addBudgetAlarms(
  alarms: Alarms,
  { settings, workbenchLogs, fileSystemIds, wayOut }: MonitoredResources,
): void {
  const { logGbPerDay, fileGbPerDay, natGbPerDay } = settings.alarms.budgets;
  const add = (id: string, what: string, gbPerDay: number, metric: IMetric) =>
    alarms.add(id, {
      description: `${what} a quarter of the budget of ${gbPerDay} GB a day within six hours. AWS bills each GB.`,
      metric,
      threshold: (gbPerDay * GB) / 4,
    });
  add('workbench logs over budget', 'Workbenches printed', logGbPerDay, logBytes(workbenchLogs, QUARTER_DAY));
  for (const [index, id] of fileSystemIds.entries()) {
    add(
      `file system ${index} over budget`,
      'Workbenches read and wrote',
      fileGbPerDay,
      fileBytes(id, QUARTER_DAY),
    );
  }
  if (wayOut === undefined) return;
  add('NAT over budget', 'Workbenches transferred', natGbPerDay, forwardedBytes(wayOut, QUARTER_DAY));
}

/** The number of instances that a provider needs, in percent of those that it has. */
export function providerReservationMetric(cluster: string, provider: string, period: Duration): Metric {
  return new Metric({
    namespace: 'AWS/ECS/ManagedScaling',
    metricName: 'CapacityProviderReservation',
    dimensionsMap: { ClusterName: cluster, CapacityProviderName: provider },
    statistic: Stats.AVERAGE,
    period,
  });
}

type Sweep = (typeof METRICS.sweep_completed.values)[number];

/** The interval of each sweep, in minutes. */
const EVERY_MINUTES: Readonly<Record<Sweep, number>> = {
  active: DEPLOYED['sweep-active'].startedBy.everyMinutes,
  tasks: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  hosts: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  volumes: DEPLOYED['sweep-volumes'].startedBy.everyMinutes,
  cluster: DEPLOYED['sweep-cluster'].startedBy.everyMinutes,
  quotas: DEPLOYED['sweep-quotas'].startedBy.everyMinutes,
};

/** Each sweep of volumes covers one shard and returns to the same shard a day later. */
const DAY = Duration.days(1);

/** A period that always contains the end of a sweep, however long each sweep takes. */
export function twoIntervals(minutes: number): Duration {
  return Duration.minutes(2 * minutes);
}

/** The reconciler repairs lost messages and events. These alarms show that the reconciler itself has a problem. */
export function addSweepAlarms(alarms: Alarms): void {
  for (const [sweep, everyMinutes] of Object.entries(EVERY_MINUTES) as [Sweep, number][]) {
    alarms.add(`sweep of ${sweep} failing`, {
      description: `The sweep of ${sweep} failed twice in a row. See the log of its function.`,
      metric: alarms.sumOfValue('sweep_aborted', sweep, twoIntervals(everyMinutes)),
      threshold: 1,
      periods: 2,
    });
    alarms.add(`sweep of ${sweep} not completing`, {
      description: `The sweep of ${sweep} has not completed for a long time: differences are not found.`,
      metric: alarms.sumOfValue('sweep_completed', sweep, twoIntervals(everyMinutes)),
      threshold: 1,
      periods: 3,
      isBelow: true,
      missingIsBreaching: true,
    });
  }
  for (const sweep of METRICS.deletion_limit_exceeded.values) {
    alarms.add(`sweep of ${sweep} over deletion limit`, {
      description: `The sweep of ${sweep} found more orphans than the deletion limit and deleted nothing. Is it the right table, and complete? See GET /reports/reconcile.`,
      // The alarm persists while each sweep exceeds the limit.
      metric: alarms.sumOfValue(
        'deletion_limit_exceeded',
        sweep,
        sweep === 'volumes' ? DAY : twoIntervals(EVERY_MINUTES[sweep]),
      ),
      threshold: 1,
    });
  }
  alarms.add('volumes quarantined', {
    description:
      'Directories with files but without a record were quarantined. Find their owner, then restore or delete them.',
    metric: alarms.sumOfValue('sweep_quarantined', 'volumes', DAY),
    threshold: 1,
  });
  alarms.add('repairs failing', {
    description: 'Repairs of the reconciler fail repeatedly. See GET /reports/reconcile.',
    // One failing repair counts once in each sweep, and some sweeps are an hour apart.
    metric: alarms.sumOf('sweep_failed', twoIntervals(Math.max(...Object.values(EVERY_MINUTES)))),
    threshold: 1,
    periods: 2,
  });
}
