import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  PeriodOverride,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { loadBalancerMetric, type MonitoredGate, serviceMetric, targetMetric } from './gate-metrics.ts';

export interface GateDashboardProps extends MonitoredGate {
  readonly alarms: readonly IAlarm[];
}

const SUM = { period: Duration.minutes(5) };
const MAXIMUM = { ...SUM, statistic: Stats.MAXIMUM };
const AVERAGE = { ...SUM, statistic: Stats.AVERAGE };

/**
 * The dashboard of the gate. It is not part of the dashboard of the controller, whose stack is deployed first and cannot
 * refer to the load balancer.
 */
export class GateDashboard extends Construct {
  constructor(scope: Construct, id: string, props: GateDashboardProps) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      dashboardName: `${props.installation}-gate`,
      periodOverride: PeriodOverride.AUTO,
      widgets: [
        [new AlarmStatusWidget({ alarms: [...props.alarms], title: 'Alarms', width: 24, height: 3 })],
        [
          graph('Tasks', [
            targetMetric(props, 'HealthyHostCount', MAXIMUM),
            targetMetric(props, 'UnHealthyHostCount', MAXIMUM),
          ]),
          graph('CPU and memory, %', [
            serviceMetric(props, 'CPUUtilization', AVERAGE),
            serviceMetric(props, 'MemoryUtilization', AVERAGE),
          ]),
          graph('Open connections', [loadBalancerMetric(props, 'ActiveConnectionCount', SUM)]),
          graph('Response time, s', [
            targetMetric(props, 'TargetResponseTime', { ...SUM, statistic: 'p50' }),
            targetMetric(props, 'TargetResponseTime', { ...SUM, statistic: 'p99' }),
          ]),
        ],
        [
          graph('Requests', [loadBalancerMetric(props, 'RequestCount', SUM)]),
          graph('Responses of the gate and of workbenches', [
            targetMetric(props, 'HTTPCode_Target_2XX_Count', SUM),
            targetMetric(props, 'HTTPCode_Target_3XX_Count', SUM),
            targetMetric(props, 'HTTPCode_Target_4XX_Count', SUM),
            targetMetric(props, 'HTTPCode_Target_5XX_Count', SUM),
          ]),
          graph('5xx of the load balancer', [loadBalancerMetric(props, 'HTTPCode_ELB_5XX_Count', SUM)]),
          graph('Billed: bytes, capacity units', [
            loadBalancerMetric(props, 'ProcessedBytes', SUM),
            loadBalancerMetric(props, 'ConsumedLCUs', SUM),
          ]),
        ],
      ],
    });
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 6, height: 6, leftYAxis: { min: 0 } });
}
