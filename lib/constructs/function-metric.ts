import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** Returns a metric of Lambda for one function, by its name instead of a reference to it. */
export function functionMetric(
  functionName: string,
  metricName: 'Duration' | 'Errors' | 'Invocations' | 'IteratorAge',
  options: MetricOptions,
): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName: functionName },
    ...options,
  });
}
