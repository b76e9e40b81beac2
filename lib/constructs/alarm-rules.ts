import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import type { StageSettings } from '../settings/stage.ts';
import type { Alarms } from './alarms.ts';
import { addSweepAlarms, twoIntervals } from './sweep-alarms.ts';
import type { WorkQueues } from './work-queues.ts';

/** What is watched. */
export interface MonitoredResources {
  readonly settings: StageSettings;
  readonly api: HttpApi;
  readonly queues: WorkQueues;
  readonly table: TableV2;
  /** Those that nobody waits for the answer of, and the authorizer: by name. */
  readonly backgroundFunctions: ReadonlyMap<string, LambdaFunction>;
  /** The one that runs each minute. */
  readonly heartbeat: LambdaFunction;
  readonly cluster: string;
  readonly providers: readonly string[];
}

const SHORT = Duration.minutes(5);
const LONG = Duration.minutes(15);
const HOUR = Duration.hours(1);

/** When somebody is told, and what they are told. docs/operations.md says what to do then. */
export function addAlarms(alarms: Alarms, watched: MonitoredResources): void {
  addQueueAlarms(alarms, watched);
  addApiAlarms(alarms, watched);
  addFunctionAlarms(alarms, watched);
  addReconcilerAlarms(alarms);
  addSweepAlarms(alarms);
  addCapacityAlarms(alarms, watched);
}

function addQueueAlarms(alarms: Alarms, { queues, settings }: MonitoredResources): void {
  const ends = {
    'work set aside': [queues.deadLetterQueues.work, 'Workbenches could not be driven, several times over.'],
    'host work set aside': [
      queues.deadLetterQueues.host,
      'Workbenches with a machine of their own could not be driven.',
    ],
    'events undelivered': [
      queues.eventDeadLetterQueue,
      'Events did not reach their function. The reconciler makes good for them.',
    ],
    'invocations failed': [
      queues.failedInvocations,
      'A function that an event or a schedule started failed for good.',
    ],
  } as const;
  for (const [id, [queue, what]] of Object.entries(ends)) {
    alarms.add(id, {
      description: `${what} The messages are in ${queue.queueName} for 14 days.`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: SHORT }),
      threshold: 1,
    });
  }
  for (const name of ['work', 'host'] as const) {
    alarms.add(`${name} waits`, {
      description: 'Messages wait for long: the consumer fails, is throttled, or has more to do than it can.',
      metric: queues.queues[name].metricApproximateAgeOfOldestMessage({
        statistic: Stats.MAXIMUM,
        period: SHORT,
      }),
      threshold: settings.alarms.workAgeSeconds,
      periods: 2,
    });
  }
  alarms.add('queue refuses', {
    description: 'The work queue does not take keys. The reconciler makes good for it, a minute later each time.',
    metric: alarms.sumOf('queue_send_failed', SHORT),
    threshold: 5,
    periods: 2,
  });
}

function addApiAlarms(alarms: Alarms, { api, settings }: MonitoredResources): void {
  alarms.add('api errors', {
    description: 'The API answers 5xx. Its functions’ logs have the reason, by request id.',
    metric: api.metricServerError({ statistic: Stats.SUM, period: SHORT }),
    threshold: 5,
    periods: 2,
  });
  alarms.add('api slow', {
    description: 'One request in a hundred takes longer than it should.',
    metric: api.metricLatency({ statistic: 'p99', period: SHORT }),
    threshold: settings.alarms.latencySeconds * 1000,
    periods: 3,
  });
  alarms.add('authorizer undecided', {
    description: 'Tokens cannot be checked: the issuer’s keys or the secret cannot be had. Callers are refused.',
    metric: alarms.sumOf('authorizer_failed', SHORT),
    threshold: 3,
    periods: 2,
  });
}

function addFunctionAlarms(alarms: Alarms, { backgroundFunctions: background, heartbeat, table }: MonitoredResources): void {
  for (const [name, lambda] of background) {
    alarms.add(`${name} fails`, {
      description: `The function ${name} fails. Its log says why.`,
      ...errorCondition(name, (period) => lambda.metricErrors({ statistic: Stats.SUM, period })),
    });
  }
  alarms.add('functions throttled', {
    description: 'Functions of this account and region are refused for want of concurrency: ask for a higher quota.',
    metric: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Throttles',
      statistic: Stats.SUM,
      period: SHORT,
    }),
    threshold: 10,
    periods: 2,
  });
  alarms.add('reconciler silent', {
    description: 'The reconciler has not run for a quarter of an hour: what is lost is not found.',
    metric: heartbeat.metricInvocations({ statistic: Stats.SUM, period: LONG }),
    threshold: 1,
    isBelow: true,
    missingIsBreaching: true,
  });
  for (const kind of ['Read', 'Write'] as const) {
    alarms.add(`table throttles ${kind.toLowerCase()}s`, {
      description: 'The table or one of its partitions takes no more requests just now.',
      metric: table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM, period: SHORT }),
      threshold: 10,
      periods: 2,
    });
  }
}

/** Of a function that runs once in a while there are not three errors in a quarter of an hour, though each run fails. */
function errorCondition(name: string, errors: (period: Duration) => Metric) {
  const own: Readonly<Record<string, DeployedFunction>> = DEPLOYED;
  const startedBy = own[name]?.startedBy;
  const isRare = startedBy?.by === 'schedule' && startedBy.everyMinutes * 3 > LONG.toMinutes();
  if (!isRare) return { metric: errors(LONG), atLeast: 3 };
  return { metric: errors(twoIntervals(startedBy.everyMinutes)), atLeast: 1, periods: 2 };
}

function addReconcilerAlarms(alarms: Alarms): void {
  alarms.add('much is due', {
    description: 'Minute after minute the reconciler finds much that nobody has driven: messages are lost or late.',
    metric: alarms.sumOf('reconcile_due', SHORT),
    threshold: 1000,
    periods: 3,
  });
  alarms.add('stops and destroys overdue', {
    description: 'Workbenches do not come to their end in time: a silent machine, a task that does not stop, files that cannot be removed.',
    metric: alarms.sumOf('overdue', LONG),
    threshold: 1,
    periods: 2,
  });
  alarms.add('records unreadable', {
    description: 'A record is not what this version can read. See the log of the function.',
    // The passes that meet it come each ten minutes: in a shorter period it would begin and end with each.
    metric: alarms.sumOf('unreadable_record', HOUR),
    threshold: 1,
  });
  for (const [id, name] of [
    ['records unreadable in lists', 'UnreadableRecord'],
    ['history unreadable', 'UnreadableHistory'],
    ['messages dropped', 'message_dropped'],
  ] as const) {
    alarms.add(id, {
      description: 'What is stored or sent is not what this version can read. See the log of the function.',
      metric: alarms.sumOf(name, SHORT),
      threshold: 1,
    });
  }
}

function addCapacityAlarms(alarms: Alarms, { providers, cluster }: MonitoredResources): void {
  for (const provider of providers) {
    alarms.add(`${provider} full`, {
      description: `Workbenches wait for machines of ${provider} for half an hour: it is at its most machines, or AWS has none.`,
      metric: providerReservationMetric(cluster, provider, LONG),
      // Percent: above 100 there are tasks without a machine.
      threshold: 101,
      periods: 2,
    });
  }
}

/** How many machines a provider needs, in percent of those that it has. */
export function providerReservationMetric(cluster: string, provider: string, period: Duration): Metric {
  return new Metric({
    namespace: 'AWS/ECS/ManagedScaling',
    metricName: 'CapacityProviderReservation',
    dimensionsMap: { ClusterName: cluster, CapacityProviderName: provider },
    statistic: Stats.AVERAGE,
    period,
  });
}
