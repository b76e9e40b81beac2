import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DEPLOYED, type DeployedFunction } from '#functions/deployed.ts';
import type { StageSettings } from '../settings/stage.ts';
import type { Alarms } from './alarms.ts';
import { sweepAlarms, twiceEvery } from './sweep-alarms.ts';
import type { WorkQueues } from './work-queues.ts';

/** What is watched. */
export interface Watched {
  readonly settings: StageSettings;
  readonly api: HttpApi;
  readonly queues: WorkQueues;
  readonly table: TableV2;
  /** Those that nobody waits for the answer of, and the authorizer: by name. */
  readonly background: ReadonlyMap<string, LambdaFunction>;
  /** The one that runs each minute. */
  readonly heartbeat: LambdaFunction;
  readonly cluster: string;
  readonly providers: readonly string[];
}

const SHORT = Duration.minutes(5);
const LONG = Duration.minutes(15);
const HOUR = Duration.hours(1);

/** When somebody is told, and what they are told. docs/operations.md says what to do then. */
export function addAlarms(alarms: Alarms, watched: Watched): void {
  queueAlarms(alarms, watched);
  apiAlarms(alarms, watched);
  functionAlarms(alarms, watched);
  reconcilerAlarms(alarms);
  sweepAlarms(alarms);
  capacityAlarms(alarms, watched);
}

function queueAlarms(alarms: Alarms, { queues, settings }: Watched): void {
  const ends = {
    'work set aside': [queues.setAside.work, 'Workbenches could not be driven, several times over.'],
    'host work set aside': [
      queues.setAside.host,
      'Workbenches with a machine of their own could not be driven.',
    ],
    'events undelivered': [
      queues.undelivered,
      'Events did not reach their function. The reconciler makes good for them.',
    ],
    'invocations failed': [
      queues.failures,
      'A function that an event or a schedule started failed for good.',
    ],
  } as const;
  for (const [id, [queue, what]] of Object.entries(ends)) {
    alarms.when(id, {
      what: `${what} The messages are in ${queue.queueName} for 14 days.`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: SHORT }),
      atLeast: 1,
    });
  }
  for (const name of ['work', 'host'] as const) {
    alarms.when(`${name} waits`, {
      what: 'Messages wait for long: the consumer fails, is throttled, or has more to do than it can.',
      metric: queues.queues[name].metricApproximateAgeOfOldestMessage({
        statistic: Stats.MAXIMUM,
        period: SHORT,
      }),
      atLeast: settings.alarms.workAgeSeconds,
      periods: 2,
    });
  }
  alarms.when('queue refuses', {
    what: 'The work queue does not take keys. The reconciler makes good for it, a minute later each time.',
    metric: alarms.counted('queue_send_failed', SHORT),
    atLeast: 5,
    periods: 2,
  });
}

function apiAlarms(alarms: Alarms, { api, settings }: Watched): void {
  alarms.when('api errors', {
    what: 'The API answers 5xx. Its functions’ logs have the reason, by request id.',
    metric: api.metricServerError({ statistic: Stats.SUM, period: SHORT }),
    atLeast: 5,
    periods: 2,
  });
  alarms.when('api slow', {
    what: 'One request in a hundred takes longer than it should.',
    metric: api.metricLatency({ statistic: 'p99', period: SHORT }),
    atLeast: settings.alarms.latencySeconds * 1000,
    periods: 3,
  });
  alarms.when('authorizer undecided', {
    what: 'Tokens cannot be checked: the issuer’s keys or the secret cannot be had. Callers are refused.',
    metric: alarms.counted('authorizer_failed', SHORT),
    atLeast: 3,
    periods: 2,
  });
}

function functionAlarms(alarms: Alarms, { background, heartbeat, table }: Watched): void {
  for (const [name, lambda] of background) {
    alarms.when(`${name} fails`, {
      what: `The function ${name} fails. Its log says why.`,
      ...oftenEnough(name, (period) => lambda.metricErrors({ statistic: Stats.SUM, period })),
    });
  }
  alarms.when('functions throttled', {
    what: 'Functions of this account and region are refused for want of concurrency: ask for a higher quota.',
    metric: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Throttles',
      statistic: Stats.SUM,
      period: SHORT,
    }),
    atLeast: 10,
    periods: 2,
  });
  alarms.when('reconciler silent', {
    what: 'The reconciler has not run for a quarter of an hour: what is lost is not found.',
    metric: heartbeat.metricInvocations({ statistic: Stats.SUM, period: LONG }),
    atLeast: 1,
    below: true,
    silenceIsBad: true,
  });
  for (const kind of ['Read', 'Write'] as const) {
    alarms.when(`table throttles ${kind.toLowerCase()}s`, {
      what: 'The table or one of its partitions takes no more requests just now.',
      metric: table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM, period: SHORT }),
      atLeast: 10,
      periods: 2,
    });
  }
}

/** Of a function that runs once in a while there are not three errors in a quarter of an hour, though each run fails. */
function oftenEnough(name: string, errors: (period: Duration) => Metric) {
  const own: Readonly<Record<string, DeployedFunction>> = DEPLOYED;
  const startedBy = own[name]?.startedBy;
  const isRare = startedBy?.by === 'schedule' && startedBy.everyMinutes * 3 > LONG.toMinutes();
  if (!isRare) return { metric: errors(LONG), atLeast: 3 };
  return { metric: errors(twiceEvery(startedBy.everyMinutes)), atLeast: 1, periods: 2 };
}

function reconcilerAlarms(alarms: Alarms): void {
  alarms.when('much is due', {
    what: 'Minute after minute the reconciler finds much that nobody has driven: messages are lost or late.',
    metric: alarms.counted('reconcile_due', SHORT),
    atLeast: 1000,
    periods: 3,
  });
  alarms.when('stops and destroys overdue', {
    what: 'Workbenches do not come to their end in time: a silent machine, a task that does not stop, files that cannot be removed.',
    metric: alarms.counted('overdue', LONG),
    atLeast: 1,
    periods: 2,
  });
  alarms.when('records unreadable', {
    what: 'A record is not what this version can read. See the log of the function.',
    // The passes that meet it come each ten minutes: in a shorter period it would begin and end with each.
    metric: alarms.counted('unreadable_record', HOUR),
    atLeast: 1,
  });
  for (const [id, name] of [
    ['records unreadable in lists', 'UnreadableRecord'],
    ['history unreadable', 'UnreadableHistory'],
    ['messages dropped', 'message_dropped'],
  ] as const) {
    alarms.when(id, {
      what: 'What is stored or sent is not what this version can read. See the log of the function.',
      metric: alarms.counted(name, SHORT),
      atLeast: 1,
    });
  }
}

function capacityAlarms(alarms: Alarms, { providers, cluster }: Watched): void {
  for (const provider of providers) {
    alarms.when(`${provider} full`, {
      what: `Workbenches wait for machines of ${provider} for half an hour: it is at its most machines, or AWS has none.`,
      metric: reservation(cluster, provider, LONG),
      // Percent: above 100 there are tasks without a machine.
      atLeast: 101,
      periods: 2,
    });
  }
}

/** How many machines a provider needs, in percent of those that it has. */
export function reservation(cluster: string, provider: string, period: Duration): Metric {
  return new Metric({
    namespace: 'AWS/ECS/ManagedScaling',
    metricName: 'CapacityProviderReservation',
    dimensionsMap: { ClusterName: cluster, CapacityProviderName: provider },
    statistic: Stats.AVERAGE,
    period,
  });
}
