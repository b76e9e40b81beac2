import { describe, expect, it } from 'vitest';
import { METRICS, type MetricDefinition } from '#contract/metrics.ts';
import type { MetricCount } from '#core/ports/telemetry.ts';

const metrics: readonly [string, MetricDefinition][] = Object.entries(METRICS);

describe('METRICS', () => {
  it.each(metrics)(
    'gives %s a name in snake_case and a description that is a sentence',
    (name, { description }) => {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(description).toMatch(/^[A-Z].*\.$/);
    },
  );

  it.each(metrics)('lists the values of a single dimension only (%s)', (_, { dimensions = [], values }) => {
    if (values !== undefined) expect(dimensions).toHaveLength(1);
  });

  it('has typed names and dimensions: tsc fails if one of these lines compiles', () => {
    const refused: readonly MetricCount[] = [
      // @ts-expect-error: there is no such metric
      ['no_such_metric', 1],
      // @ts-expect-error: the dimension is missing
      ['overdue', 1],
      // @ts-expect-error: the dimension has another name
      ['overdue', 1, { state: 'stopping' }],
      // @ts-expect-error: the metric has no dimensions
      ['due_enqueued', 1, { sweep: 'due' }],
    ];
    expect(refused).toHaveLength(4);
  });
});
