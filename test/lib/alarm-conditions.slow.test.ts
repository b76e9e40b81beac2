import { beforeEach, expect, it } from 'vitest';
import { listOf, resolveReference, valueToText } from '#lib/checks/template.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize } from './synthesize.ts';

let app: SynthesizedApp;
beforeEach(async () => {
  app = await synthesize(someStage());
});

interface MetricText {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends MetricText {
  readonly AlarmName: string;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: MetricText; readonly Period: number; readonly Stat: string };
  }[];
}

/** `AWS/SQS ApproximateAgeOfOldestMessage [QueueName=<Queueswork>]`. Ids are without the hash of CDK. */
function metricText({ Namespace, MetricName, Dimensions }: MetricText): string {
  const dimensions = listOf(Dimensions).map(({ Name, Value }) => {
    const id = resolveReference(Value, 'workbench-some-monitoring', app.templates)?.id;
    const value = id === undefined ? valueToText(Value) : `<${id.replace(/[0-9A-F]{8}$/, '')}>`;
    return `${Name}=${value}`;
  });
  return [Namespace, MetricName, ...(dimensions.length === 0 ? [] : [`[${dimensions.join(', ')}]`])].join(
    ' ',
  );
}

/** The condition of an alarm as one line. */
function conditionOf(alarm: AlarmProperties): string {
  const { Statistic, ExtendedStatistic, Period, Threshold, EvaluationPeriods, Metrics = [] } = alarm;
  const stats = Metrics.flatMap(({ MetricStat }) => MetricStat ?? []);
  const parts = [
    ...stats.map(({ Metric, Period: period, Stat }) => `${Stat} ${period} s ${metricText(Metric)}`),
    ...Metrics.flatMap(({ Expression }) => Expression ?? []),
    ...(Metrics.length > 0 ? [] : [`${Statistic ?? ExtendedStatistic} ${Period} s ${metricText(alarm)}`]),
  ];
  const operator = { LessThanThreshold: '<', GreaterThanOrEqualToThreshold: '>=' }[alarm.ComparisonOperator];
  const missing = alarm.TreatMissingData === 'breaching' ? ', or no data' : '';
  const datapoints = alarm.DatapointsToAlarm ?? EvaluationPeriods;
  return `${parts.join('; ')} ${operator} ${Threshold}, ${datapoints} of ${EvaluationPeriods}${missing}`;
}

const dlq = (queue: string) =>
  `Maximum 300 s AWS/SQS ApproximateNumberOfMessagesVisible [QueueName=<Queues${queue}>] >= 1, 1 of 1`;
// Half an hour, the default of the stage.
const queueAge = (queue: string) =>
  `Maximum 300 s AWS/SQS ApproximateAgeOfOldestMessage [QueueName=<Queues${queue}>] >= 1800, 2 of 2`;
const errors = (name: string) =>
  `Sum 900 s AWS/Lambda Errors [FunctionName=workbench-some-${name}] >= 3, 1 of 1`;
/** Two intervals, so that each period contains a run. */
const rareErrors = (name: string, seconds: number) =>
  `Sum ${seconds} s AWS/Lambda Errors [FunctionName=workbench-some-${name}] >= 1, 2 of 2`;
const OWN = 'WorkbenchController/workbench-some';
const own = (metric: string, seconds: number) => `Sum ${seconds} s ${OWN} ${metric}`;
const failing = (sweep: string, seconds: number) =>
  `${own('sweep_aborted', seconds)} [sweep=${sweep}] >= 1, 2 of 2`;
const notCompleting = (sweep: string, seconds: number) =>
  `${own('sweep_completed', seconds)} [sweep=${sweep}] < 1, 3 of 3, or no data`;
const overLimit = (sweep: string, seconds: number) =>
  `${own('deletion_limit_exceeded', seconds)} [sweep=${sweep}] >= 1, 1 of 1`;
const throttled = (kind: string) =>
  `Sum 300 s AWS/DynamoDB ${kind}ThrottleEvents [TableName=<RecordsTable>] >= 10, 2 of 2`;

const TWENTY_MINUTES = 1_200;
const TWO_HOURS = 7_200;
const DAY = 86_400;

/** Returns the conditions of the alarms by name. */
function conditionsOf({ all }: SynthesizedApp): Readonly<Record<string, string>> {
  return Object.fromEntries(
    all('monitoring', 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
      const alarm = Properties as unknown as AlarmProperties;
      return [alarm.AlarmName.replace('workbench-some ', ''), conditionOf(alarm)];
    }),
  );
}

it('each alarm starts under exactly this condition', () => {
  const sweeps = ['active', 'tasks', 'hosts', 'volumes', 'cluster', 'quotas'];
  expect(conditionsOf(app)).toEqual({
    'work DLQ not empty': dlq('workdlq'),
    'host DLQ not empty': dlq('hostdlq'),
    'delete DLQ not empty': dlq('deletedlq'),
    'event DLQ not empty': dlq('eventdlq'),
    'failed invocations not empty': dlq('failedinvocations'),
    'work queue age high': queueAge('work'),
    'host queue age high': queueAge('host'),
    'delete queue age high': queueAge('delete'),
    'SendMessage failures': `${own('queue_send_failed', 300)}; ${own('forward_failed', 300)}; FILL(m_queue_send_failed, 0) + FILL(m_forward_failed, 0) >= 5, 2 of 2`,
    'API 5xx errors': 'Sum 300 s AWS/ApiGateway 5xx [ApiId=<HttpApi>] >= 5, 2 of 2',
    // Milliseconds.
    'API latency high': 'p99 300 s AWS/ApiGateway Latency [ApiId=<HttpApi>] >= 3000, 3 of 3',
    'token verification failing': `${own('authorizer_failed', 300)} >= 3, 2 of 2`,
    'authorizer errors': errors('authorizer'),
    'task-state-change errors': errors('task-state-change'),
    'instance-state-change errors': errors('instance-state-change'),
    'container-instance-change errors': errors('container-instance-change'),
    'instance-interrupted errors': errors('instance-interrupted'),
    'drive errors': errors('drive'),
    'drive-host errors': errors('drive-host'),
    'drive-delete errors': errors('drive-delete'),
    'sweep-due errors': errors('sweep-due'),
    'sweep-active errors': rareErrors('sweep-active', TWENTY_MINUTES),
    'sweep-tasks-and-hosts errors': rareErrors('sweep-tasks-and-hosts', TWENTY_MINUTES),
    'sweep-volumes errors': rareErrors('sweep-volumes', TWO_HOURS),
    'sweep-quotas errors': rareErrors('sweep-quotas', TWO_HOURS),
    'sweep-cluster errors': rareErrors('sweep-cluster', TWENTY_MINUTES),
    'janitor-0 errors': errors('janitor-0'),
    // Of the whole account and region: the quota is shared.
    'functions throttled': 'Sum 300 s AWS/Lambda Throttles >= 10, 2 of 2',
    'reconciler not running':
      'Sum 900 s AWS/Lambda Invocations [FunctionName=workbench-some-sweep-due] < 1, 1 of 1, or no data',
    'table reads throttled': throttled('Read'),
    'table writes throttled': throttled('Write'),
    'audit events lost': `${own('audit_events_lost', 300)} >= 1, 1 of 1`,
    'due records high': `${own('due_enqueued', 300)} >= 1000, 3 of 3`,
    'stops and deletes overdue': `${own('overdue', 900)} [status=stopping]; ${own('overdue', 900)} [status=deleting]; FILL(m_stopping, 0) + FILL(m_deleting, 0) >= 1, 2 of 2`,
    'unreadable records': `${own('unreadable_record', 3600)} >= 1, 1 of 1`,
    'unreadable history entries': `${own('unreadable_history_entry', 300)} >= 1, 1 of 1`,
    'invalid messages dropped': `${own('invalid_message_dropped', 300)} >= 1, 1 of 1`,
    // Percent. 100 is the target at which no task waits.
    'workbench-some-standard at capacity':
      'Average 900 s AWS/ECS/ManagedScaling CapacityProviderReservation [CapacityProviderName=workbench-some-standard, ClusterName=workbench-some] >= 101, 2 of 2',
    'workbench-some-standard idle':
      'Average 3600 s AWS/ECS/ManagedScaling CapacityProviderReservation [CapacityProviderName=workbench-some-standard, ClusterName=workbench-some] < 1, 3 of 3',
    // A quarter of 10, 200 and 100 GB, the defaults of the stage.
    'workbench logs over budget':
      'Sum 21600 s AWS/Logs IncomingBytes [LogGroupName=<WorkbenchLogs>] >= 2500000000, 1 of 1',
    'file system 0 over budget':
      'Sum 21600 s AWS/EFS MeteredIOBytes [FileSystemId=<FilesFileSystem0>] >= 50000000000, 1 of 1',
    'NAT over budget':
      'Sum 21600 s AWS/NATGateway BytesOutToDestination [NatGatewayId=<NetworkVpcpublicSubnet1NATGateway>]; Sum 21600 s AWS/NATGateway BytesOutToSource [NatGatewayId=<NetworkVpcpublicSubnet1NATGateway>]; FILL(m_0, 0) + FILL(m_1, 0) >= 25000000000, 1 of 1',
    'sweep of active failing': failing('active', TWENTY_MINUTES),
    'sweep of tasks failing': failing('tasks', TWENTY_MINUTES),
    'sweep of hosts failing': failing('hosts', TWENTY_MINUTES),
    'sweep of volumes failing': failing('volumes', TWO_HOURS),
    'sweep of quotas failing': failing('quotas', TWO_HOURS),
    'sweep of cluster failing': failing('cluster', TWENTY_MINUTES),
    'sweep of active not completing': notCompleting('active', TWENTY_MINUTES),
    'sweep of tasks not completing': notCompleting('tasks', TWENTY_MINUTES),
    'sweep of hosts not completing': notCompleting('hosts', TWENTY_MINUTES),
    'sweep of volumes not completing': notCompleting('volumes', TWO_HOURS),
    'sweep of quotas not completing': notCompleting('quotas', TWO_HOURS),
    'sweep of cluster not completing': notCompleting('cluster', TWENTY_MINUTES),
    'sweep of tasks over deletion limit': overLimit('tasks', TWENTY_MINUTES),
    'sweep of hosts over deletion limit': overLimit('hosts', TWENTY_MINUTES),
    'sweep of volumes over deletion limit': overLimit('volumes', DAY),
    'volumes quarantined': `${own('sweep_quarantined', DAY)} [sweep=volumes] >= 1, 1 of 1`,
    'repairs failing': `${sweeps.map((sweep) => `${own('sweep_failed', TWO_HOURS)} [sweep=${sweep}]`).join('; ')}; ${sweeps.map((sweep) => `FILL(m_${sweep}, 0)`).join(' + ')} >= 1, 2 of 2`,
  });
});

it('has an alarm for each file system and all NAT instances, with the budgets of the stage', async () => {
  app = await synthesize(
    someStage({
      storage: { fileSystems: 2 },
      network: { own: { egress: 'natInstance', egressZones: 'each' } },
      alarms: { budgets: { logGbPerDay: 1, fileGbPerDay: 2, natGbPerDay: 4 } },
    }),
  );
  const conditions = conditionsOf(app);
  const natOf = (zone: number) =>
    `Sum 21600 s AWS/EC2 NetworkOut [AutoScalingGroupName=<NetworkVpcpublicSubnet${zone}NatGroup>]`;
  expect(conditions).toMatchObject({
    'workbench logs over budget': expect.stringContaining('>= 250000000, '),
    'file system 0 over budget': expect.stringContaining('<FilesFileSystem0>] >= 500000000, '),
    'file system 1 over budget': expect.stringContaining('<FilesFileSystem1>] >= 500000000, '),
    'NAT over budget': `${natOf(1)}; ${natOf(2)}; FILL(m_0, 0) + FILL(m_1, 0) >= 1000000000, 1 of 1`,
  });
});

it('has no alarm for a way out that it did not create', async () => {
  app = await synthesize(someStage({ network: { own: { egress: 'none' } } }));
  expect(Object.keys(conditionsOf(app)).filter((name) => name.startsWith('NAT'))).toEqual([]);
});
