import type { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { WayOut } from './network.ts';

/** What workbenches cause without a limit, and AWS bills by the byte. */

/** Returns the bytes that workbenches print. */
export function logBytes(logGroupName: string, period: Duration): IMetric {
  return sum('AWS/Logs', 'IncomingBytes', { LogGroupName: logGroupName }, period);
}

/** Returns the bytes that clients of a file system read and write, as elastic throughput is billed. */
export function fileBytes(fileSystemId: string, period: Duration): IMetric {
  return sum('AWS/EFS', 'MeteredIOBytes', { FileSystemId: fileSystemId }, period);
}

/** Returns the bytes that NATs forward in both directions. */
export function forwardedBytes(wayOut: WayOut, period: Duration): IMetric {
  const metrics =
    wayOut.by === 'natGateways'
      ? wayOut.gatewayIds.flatMap((NatGatewayId) =>
          ['BytesOutToDestination', 'BytesOutToSource'].map((name) =>
            sum('AWS/NATGateway', name, { NatGatewayId }, period),
          ),
        )
      : // What an instance sends goes either to the internet or back to workbenches.
        wayOut.groupNames.map((AutoScalingGroupName) =>
          sum('AWS/EC2', 'NetworkOut', { AutoScalingGroupName }, period),
        );
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m_${index}`, metric]));
  return new MathExpression({
    expression: Object.keys(usingMetrics)
      .map((metric) => `FILL(${metric}, 0)`)
      .join(' + '),
    usingMetrics,
    period,
    label: 'forwarded by NATs',
  });
}

function sum(
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  period: Duration,
): Metric {
  return new Metric({ namespace, metricName, dimensionsMap, statistic: Stats.SUM, period });
}
