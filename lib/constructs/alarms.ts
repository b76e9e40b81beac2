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
import { type AlarmingMetric, METRICS, type MetricDefinition, type MetricName } from '#contract/metrics.ts';
import { servicePrincipalOf } from '../permissions/permission-context.ts';
import { metricsNamespace } from './controller-function.ts';

export interface AlarmProps {
  /** What the alarm means and where to look first. The notification contains it. */
  readonly description: string;
  readonly metric: IMetric;
  /** The alarm starts when the metric reaches this value… */
  readonly threshold: number;
  /** …in this many consecutive periods. @default 1 */
  readonly periods?: number;
  /** Also starts when there is no data. @default false */
  readonly missingIsBreaching?: true;
  /** Starts when the metric is below the value instead. @default false */
  readonly isBelow?: true;
}

/** The values of the single dimension of a metric. */
type DimensionValueOf<M extends AlarmingMetric> = (typeof METRICS)[M] extends {
  readonly values: readonly (infer V)[];
}
  ? V & string
  : never;

/** The alarms of an installation. Each sends a notification when it starts and when it ends. */
export class Alarms extends Construct {
  readonly #topic: ITopic;
  readonly #installation: string;
  /** In the order of creation. */
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
    const { description, metric, threshold, periods = 1, missingIsBreaching, isBelow } = props;
    const alarm = new Alarm(this, id, {
      alarmName: `${this.#installation} ${id}`,
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: isBelow
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: missingIsBreaching ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.#topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.all.push(alarm);
  }

  /** Returns the sum of a metric over all values of its dimension, or of several metrics. */
  sumOf(names: AlarmingMetric | readonly AlarmingMetric[], period: Duration): IMetric {
    const parts = [names].flat().flatMap((name) => this.#partsOf(name, period));
    const [first] = parts;
    if (first !== undefined && parts.length === 1) return first.metric;
    return new MathExpression({
      expression: parts.map(({ id }) => `FILL(${id}, 0)`).join(' + '),
      usingMetrics: Object.fromEntries(parts.map(({ id, metric }) => [id, metric])),
      period,
      label: [names].flat().join(' + '),
    });
  }

  /** One for each value of the metric's dimension. The ids are valid in an expression. */
  #partsOf(
    name: AlarmingMetric,
    period: Duration,
  ): readonly { readonly id: string; readonly metric: Metric }[] {
    const { dimensions, values = [] }: MetricDefinition = METRICS[name];
    const dimension = dimensions?.[0];
    if (dimension === undefined) return [{ id: `m_${name}`, metric: this.#metric(name, period) }];
    return values.map((value) => ({
      id: `m_${value}`,
      metric: this.#metric(name, period, { [dimension]: value }),
    }));
  }

  /** Returns the sum of a metric for one value of its dimension. */
  sumOfValue<M extends AlarmingMetric>(name: M, value: DimensionValueOf<M>, period: Duration): IMetric {
    const { dimensions }: MetricDefinition = METRICS[name];
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

/** The topic of all alarms. It notifies the email address, if one is set; other subscriptions can be added later. */
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

  /**
   * AWS Backup has no metric for the failures of one vault, but sends an event for each job. The statement of the topic's
   * policy that admits EventBridge has no condition: AWS documents that EventBridge does not support them for topics.
   */
  notifyOfFailedBackups(vault: string, deadLetterQueue: IQueue): void {
    new Rule(this, 'FailedBackups', {
      description: 'Sends failed backups of files to the alarm topic',
      eventPattern: {
        source: ['aws.backup'],
        detailType: ['Backup Job State Change'],
        detail: { backupVaultName: [vault], state: Match.anyOf('FAILED', 'ABORTED', 'EXPIRED') },
      },
      targets: [
        new SnsTopic(this.topic, {
          message: RuleTargetInput.fromText(
            'A backup of the files of workbenches failed. See the jobs in AWS Backup.',
          ),
          deadLetterQueue,
        }),
      ],
    });
  }
}
