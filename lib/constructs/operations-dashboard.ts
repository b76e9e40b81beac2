import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
  PeriodOverride,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { METRICS, type MetricDefinition, type MetricName } from '#contract/metrics.ts';
import { providerReservationMetric } from './alarm-rules.ts';
import { fileBytes, forwardedBytes, logBytes } from './billed-bytes.ts';
import { metricsNamespace } from './controller-function.ts';
import { functionMetric } from './function-metric.ts';
import type { WayOut } from './network.ts';
import type { WorkQueues } from './work-queues.ts';

export interface OperationsDashboardProps {
  readonly installation: string;
  readonly alarms: readonly IAlarm[];
  readonly api: HttpApi;
  readonly queues: WorkQueues;
  /** Names of all functions in AWS, by their short names. */
  readonly functions: ReadonlyMap<string, string>;
  readonly table: TableV2;
  readonly fileSystemIds: readonly string[];
  /** Name of the log group with the output of workbenches. */
  readonly workbenchLogs: string;
  readonly wayOut: WayOut | undefined;
  readonly cluster: string;
  readonly groups: readonly { readonly provider: string; readonly group: IAutoScalingGroup }[];
}

const PERIOD = Duration.minutes(5);

/** One page that shows availability, backlog, failures and usage. */
export class OperationsDashboard extends Construct {
  readonly #props: OperationsDashboardProps;

  constructor(scope: Construct, id: string, props: OperationsDashboardProps) {
    super(scope, id);
    this.#props = props;
    new Dashboard(this, 'Dashboard', {
      dashboardName: props.installation,
      periodOverride: PeriodOverride.AUTO,
      widgets: [
        [new AlarmStatusWidget({ alarms: [...props.alarms], title: 'Alarms', width: 24, height: 5 })],
        heading('The API'),
        this.#apiWidgets(),
        heading('Work queues and effects'),
        this.#queueWidgets(),
        heading('Reconciler'),
        this.#reconcilerWidgets(),
        heading('Instances'),
        this.#instanceWidgets(),
        heading('Functions, records and files'),
        this.#serviceWidgets(),
        heading('Billed by the byte'),
        this.#billedWidgets(),
      ],
    });
  }

  #apiWidgets(): IWidget[] {
    const { api } = this.#props;
    return [
      graph('Requests', [
        api.metricCount({ period: PERIOD, label: 'all' }),
        api.metricClientError({ period: PERIOD, label: '4xx' }),
        api.metricServerError({ period: PERIOD, label: '5xx' }),
      ]),
      graph(
        'Latency, ms',
        ['p50', 'p95', 'p99'].map((statistic) =>
          api.metricLatency({ period: PERIOD, statistic, label: statistic }),
        ),
      ),
      graph('Errors by code', [this.#metric('api_error')]),
      graph('Authorizer', [this.#metric('authorizer_refused'), this.#metric('authorizer_failed')]),
    ];
  }

  #queueWidgets(): IWidget[] {
    const { queues, deadLetterQueues, eventDeadLetterQueue, failedInvocations } = this.#props.queues;
    const ages = Object.values(queues).map((queue) =>
      queue.metricApproximateAgeOfOldestMessage({ period: PERIOD, label: queue.node.id }),
    );
    const depths = [
      ...Object.values(queues),
      ...Object.values(deadLetterQueues),
      eventDeadLetterQueue,
      failedInvocations,
    ].map((queue) =>
      queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, label: queue.node.id }),
    );
    return [
      graph('Messages', depths),
      graph('Oldest message, s', ages),
      graph('Connections that the gate ended', [this.#metric('gate_connection_ended')]),
      graph('Failed sign-ins', [this.#metric('sign_in_failed')]),
      graph('Failed effects', [this.#metric('effect_failed')]),
      graph('Retried starts, starts with a silent gate', [
        this.#metric('start_retried'),
        this.#metric('gate_silent'),
      ]),
      graph('Overdue, failed, unreadable', [
        this.#metric('overdue'),
        this.#metric('init_failed'),
        this.#metric('drive_failed'),
        this.#metric('forward_failed'),
        this.#metric('queue_send_failed'),
        this.#metric('quota_settle_failed'),
        this.#metric('unreadable_record'),
        this.#metric('unreadable_history_entry'),
        this.#metric('invalid_message_dropped'),
        this.#metric('activity_read_failed'),
        this.#metric('activity_write_failed'),
        this.#metric('audit_events_lost'),
        this.#metric('gate_keys_unreadable'),
      ]),
    ];
  }

  #reconcilerWidgets(): IWidget[] {
    return [
      graph('Due records enqueued', [this.#metric('due_enqueued')]),
      graph('Repairs', [this.#metric('repair')]),
      graph('Deleted, quarantined, waiting', [
        this.#metric('sweep_deleted'),
        this.#metric('sweep_quarantined'),
        this.#metric('sweep_waiting'),
      ]),
      graph('Failed', [
        this.#metric('sweep_failed'),
        this.#metric('sweep_aborted'),
        this.#metric('deletion_limit_exceeded'),
      ]),
      graph('Completed sweeps', [this.#metric('sweep_completed')]),
      graph('Ignored events, orphan tasks', [
        this.#metric('event_ignored'),
        this.#metric('orphan_task_observed'),
      ]),
      graph('Completed exports of the audit', [this.#metric('audit_export_completed')]),
      graph('Unpublished events', [this.#metric('event_publish_failed'), this.#metric('event_dropped')]),
      graph('Task definitions registered ahead', [this.#metric('definitions_registered_ahead')]),
    ];
  }

  #instanceWidgets(): IWidget[] {
    const { groups, cluster } = this.#props;
    const groupMetrics = (metricName: string) =>
      groups.map(
        ({ provider, group }) =>
          new Metric({
            namespace: 'AWS/AutoScaling',
            metricName,
            dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
            statistic: Stats.MAXIMUM,
            period: PERIOD,
            label: provider,
          }),
      );
    const clusterMetric = (metricName: string) =>
      new Metric({
        namespace: 'AWS/ECS',
        metricName,
        dimensionsMap: { ClusterName: cluster },
        statistic: Stats.AVERAGE,
        period: PERIOD,
      });
    return [
      graph('Instances', groupMetrics('GroupInServiceInstances')),
      graph(
        'CapacityProviderReservation, %',
        groups.map(({ provider }) => providerReservationMetric(cluster, provider, PERIOD)),
      ),
      graph('Reserved, %', [
        clusterMetric('CPUReservation'),
        clusterMetric('MemoryReservation'),
        clusterMetric('GPUReservation'),
      ]),
      graph('Placements without free capacity data', [this.#metric('free_capacity_unknown')]),
    ];
  }

  #serviceWidgets(): IWidget[] {
    const { functions, table, fileSystemIds } = this.#props;
    const lambdas = [...functions];
    return [
      graph(
        'Function errors',
        lambdas.map(([label, functionName]) =>
          functionMetric(functionName, 'Errors', { statistic: Stats.SUM, period: PERIOD, label }),
        ),
      ),
      graph(
        'Duration, p95, ms',
        lambdas.map(([label, functionName]) =>
          functionMetric(functionName, 'Duration', { statistic: 'p95', period: PERIOD, label }),
        ),
      ),
      graph('Table capacity units', [
        table.metricConsumedReadCapacityUnits({ period: PERIOD }),
        table.metricConsumedWriteCapacityUnits({ period: PERIOD }),
      ]),
      graph(
        'File system bytes',
        fileSystemIds.map(
          (id, index) =>
            new Metric({
              namespace: 'AWS/EFS',
              metricName: 'StorageBytes',
              dimensionsMap: { FileSystemId: id, StorageClass: 'Total' },
              statistic: Stats.AVERAGE,
              period: Duration.minutes(15),
              label: `${index}`,
            }),
        ),
      ),
    ];
  }

  #billedWidgets(): IWidget[] {
    const { workbenchLogs, fileSystemIds, wayOut } = this.#props;
    return [
      graph('Output of workbenches, bytes', [logBytes(workbenchLogs, PERIOD)]),
      graph(
        'Read and written files, bytes',
        fileSystemIds.map((id) => fileBytes(id, PERIOD)),
      ),
      ...(wayOut === undefined ? [] : [graph('Forwarded by NATs, bytes', [forwardedBytes(wayOut, PERIOD)])]),
    ];
  }

  /** Returns one line for each combination of dimension values that the metric has had. */
  #metric(name: MetricName): IMetric {
    const { dimensions }: MetricDefinition = METRICS[name];
    const namespace = metricsNamespace(this.#props.installation);
    if (dimensions === undefined) {
      return new Metric({ namespace, metricName: name, statistic: Stats.SUM, period: PERIOD });
    }
    const schema = [namespace, ...dimensions].map((part) => `"${part}"`).join(',');
    return new MathExpression({
      expression: `SEARCH('{${schema}} MetricName="${name}"', 'Sum', ${PERIOD.toSeconds()})`,
      period: PERIOD,
      usingMetrics: {},
      label: '',
    });
  }
}

function heading(markdown: string): IWidget[] {
  return [new TextWidget({ markdown: `## ${markdown}`, width: 24, height: 1 })];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 6, height: 6, leftYAxis: { min: 0 } });
}
