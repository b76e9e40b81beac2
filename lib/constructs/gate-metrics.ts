import type { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { GateLoadBalancer } from './gate-load-balancer.ts';
import type { GateService } from './gate-service.ts';

/** What the alarms and the dashboard of the gate show. */
export interface MonitoredGate {
  readonly installation: string;
  readonly loadBalancer: GateLoadBalancer;
  readonly service: GateService;
  /** The minimum number of tasks. */
  readonly tasks: number;
}

/** Metrics that the load balancer counts for its tasks. */
type TargetMetric =
  | 'HealthyHostCount'
  | 'UnHealthyHostCount'
  | 'HTTPCode_Target_2XX_Count'
  | 'HTTPCode_Target_3XX_Count'
  | 'HTTPCode_Target_4XX_Count'
  | 'HTTPCode_Target_5XX_Count'
  | 'TargetResponseTime';

type LoadBalancerMetric =
  | 'ActiveConnectionCount'
  | 'ConsumedLCUs'
  | 'HTTPCode_ELB_5XX_Count'
  | 'ProcessedBytes'
  | 'RequestCount';

interface MetricRequest {
  readonly period: Duration;
  /** @default the sum */
  readonly statistic?: string;
}

export function targetMetric(
  { loadBalancer }: MonitoredGate,
  metricName: TargetMetric,
  { period, statistic = Stats.SUM }: MetricRequest,
): Metric {
  const { fullName: LoadBalancer, targetGroupFullName: TargetGroup } = loadBalancer;
  const dimensionsMap = { LoadBalancer, TargetGroup };
  return new Metric({ namespace: 'AWS/ApplicationELB', metricName, dimensionsMap, statistic, period });
}

export function loadBalancerMetric(
  { loadBalancer: { fullName: LoadBalancer } }: MonitoredGate,
  metricName: LoadBalancerMetric,
  { period, statistic = Stats.SUM }: MetricRequest,
): Metric {
  const dimensionsMap = { LoadBalancer };
  return new Metric({ namespace: 'AWS/ApplicationELB', metricName, dimensionsMap, statistic, period });
}

export function serviceMetric(
  { service: { clusterName: ClusterName, serviceName: ServiceName } }: MonitoredGate,
  metricName: 'CPUUtilization' | 'MemoryUtilization',
  { period, statistic = Stats.SUM }: MetricRequest,
): Metric {
  const dimensionsMap = { ClusterName, ServiceName };
  return new Metric({ namespace: 'AWS/ECS', metricName, dimensionsMap, statistic, period });
}
