import { METRICS, type MetricDefinition } from '#contract/metrics.ts';
import type { Template } from '#lib/checks/template.ts';
import { type BillLine, billLine } from './bill.ts';
import { resourcesOfType } from './template-counts.ts';

/** What an HTTP API tells of each route when detailed metrics are on: 4xx, 5xx, Count, two latencies, DataProcessed. */
const PER_ROUTE = 6;

/**
 * The most that metrics of our own come to in a month in which each is told in every hour: they are paid by the hours
 * in which they are told. Those whose dimension has no closed set of values are left out.
 */
export function metricsBill(templates: readonly Template[]): readonly BillLine[] {
  const metrics: readonly MetricDefinition[] = Object.values(METRICS);
  const counted = metrics.reduce(
    (sum, { by, values = [] }) => sum + (by === undefined ? 1 : values.length),
    0,
  );
  const detailed = resourcesOfType(templates, 'AWS::ApiGatewayV2::Stage').some(
    ({ Properties = {} }) =>
      (Properties.DefaultRouteSettings as { DetailedMetricsEnabled?: unknown } | undefined)
        ?.DetailedMetricsEnabled === true,
  );
  const routes = resourcesOfType(templates, 'AWS::ApiGatewayV2::Route').length;
  return [
    billLine('What the functions count', 'customMetric', counted, 'metrics'),
    billLine('The API, by route', 'customMetric', detailed ? routes * PER_ROUTE : 0, 'metrics'),
  ];
}
