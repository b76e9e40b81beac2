import type { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  type AlarmingMetric,
  type MetricDefinition as Counted,
  METRICS,
  type MetricName,
} from '#contract/metrics.ts';
import { servicePrincipalOf } from '../permissions/permission-context.ts';
import { metricsNamespace } from './controller-function.ts';

export interface AlarmProps {
  /** What it means and what is to be looked at: the first thing that somebody reads at night. */
  readonly description: string;
  readonly metric: IMetric;
  /** The alarm goes off at this value… */
  readonly threshold: number;
  /** …in as many periods in a row. @default 1 */
  readonly periods?: number;
  /** Goes off when nothing is told. @default false */
  readonly missingIsBreaching?: true;
  /** Goes off below the value instead. @default false */
  readonly isBelow?: true;
}

/** The values of a metric's one dimension. */
type DimensionValueOf<M extends AlarmingMetric> = (typeof METRICS)[M] extends {
  readonly values: readonly (infer V)[];
}
  ? V & string
  : never;

/** The alarms of an installation. Each tells somebody, when it begins and when it is over. */
export class Alarms extends Construct {
  readonly #topic: ITopic;
  readonly #installation: string;
  /** In the order in which they were made. */
  readonly all: Alarm[] = [];

  constructor(
    scope: Construct,
    id: string,
    props: { readonly topic: ITopic; readonly installation: string },
  ) {
    super(scope, id);
    this.#topic = props.topic;
    this.#installation = props.installation;
  }

  add(id: string, props: AlarmProps): void {
    const {
      description: what,
      metric,
      threshold: atLeast,
      periods = 1,
      missingIsBreaching: silenceIsBad,
      isBelow: below,
    } = props;
    const alarm = new Alarm(this, id, {
      alarmName: `${this.#installation} ${id}`,
      alarmDescription: what,
      metric,
      threshold: atLeast,
      evaluationPeriods: periods,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.#topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.all.push(alarm);
  }

  /** What the functions count, over all values of its dimension. */
  sumOf(name: AlarmingMetric, period: Duration): IMetric {
    const { dimensions, values = [] }: Counted = METRICS[name];
    const dimension = dimensions?.[0];
    if (dimension === undefined) return this.#metric(name, period);
    const usingMetrics = Object.fromEntries(
      values.map((value) => [`m_${value}`, this.#metric(name, period, { [dimension]: value })]),
    );
    return new MathExpression({
      expression: Object.keys(usingMetrics)
        .map((metric) => `FILL(${metric}, 0)`)
        .join(' + '),
      usingMetrics,
      period,
      label: name,
    });
  }

  /** What the functions count, of one value of its dimension. */
  sumOfValue<M extends AlarmingMetric>(name: M, value: DimensionValueOf<M>, period: Duration): IMetric {
    const { dimensions }: Counted = METRICS[name];
    return this.#metric(name, period, { [String(dimensions?.[0])]: value });
  }

  #metric(name: MetricName, period: Duration, dimensionsMap: Record<string, string> = {}): Metric {
    return new Metric({
      namespace: metricsNamespace(this.#installation),
      metricName: name,
      dimensionsMap,
      statistic: Stats.SUM,
      period,
    });
  }
}

/** Where alarms go: to an address, when one is set, and to whatever else is subscribed later. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(
    scope: Construct,
    id: string,
    props: { readonly installation: string; readonly email: string | undefined },
  ) {
    super(scope, id);
    const { installation, email } = props;
    this.topic = new Topic(this, 'Topic', {
      topicName: `${installation}-alarms`,
      displayName: installation,
      enforceSSL: true,
    });
    this.topic.grantPublish({ grantPrincipal: servicePrincipalOf(this, 'cloudwatch.amazonaws.com') });
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }

  /** AWS Backup has no metric of a vault's failures to make an alarm of; it tells of each job. */
  notifyOfFailedBackups(vault: string, undelivered: IQueue): void {
    new Rule(this, 'FailedBackups', {
      description: 'Backups of files that failed, to the alarms',
      eventPattern: {
        source: ['aws.backup'],
        detailType: ['Backup Job State Change'],
        detail: { backupVaultName: [vault], state: Match.anyOf('FAILED', 'ABORTED', 'EXPIRED') },
      },
      targets: [
        new SnsTopic(this.topic, {
          message: RuleTargetInput.fromText(
            'A backup of the files of workbenches failed. See AWS Backup, jobs.',
          ),
          deadLetterQueue: undelivered,
        }),
      ],
    });
  }
}
