import { hideAccessPointIds } from '#adapters/aws/access-point-ids.ts';
import type { Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';

/** The maximum depth of a chain of causes in a log line. */
const CAUSES_MAX = 5;

/** Writes a line of JSON with a level, a message and fields. */
export interface LineWriter {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
  error(message: string, fields: Record<string, unknown>): void;
}

/**
 * Telemetry as lines of JSON. Metrics are written in CloudWatch's embedded metric format, which
 * needs no API call. Of an error only name, message, code and stack are written: other properties may contain the
 * content of a request.
 * @param namespace the CloudWatch namespace of the metrics
 */
export function jsonTelemetry(lines: LineWriter, namespace: string): Telemetry {
  const safely = (write: () => void): void => {
    try {
      write();
    } catch {
      // A log line that cannot be written must not fail the request.
    }
  };
  return {
    info: (message, fields) => safely(() => lines.info(message, withoutIds(fields))),
    warn: (message, fields) => safely(() => lines.warn(message, withoutIds(fields))),
    error: (message, fields, cause) =>
      safely(() =>
        lines.error(
          message,
          cause === undefined ? withoutIds(fields) : { ...withoutIds(fields), cause: toErrorFields(cause) },
        ),
      ),
    count: (...[metric, value, dimensions = {}]) =>
      safely(() => {
        if (value !== 0) lines.info('metric', toEmbeddedMetric(namespace, metric, value, dimensions));
      }),
  };
}

/** Copies the fields. A field may contain a text of AWS. */
function withoutIds(fields: TelemetryFields = {}): TelemetryFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? hideAccessPointIds(value) : value,
    ]),
  );
}

function toEmbeddedMetric(namespace: string, metric: string, value: number, dimensions: TelemetryFields) {
  return {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [Object.keys(dimensions)],
          Metrics: [{ Name: metric, Unit: 'Count' }],
        },
      ],
    },
    ...dimensions,
    [metric]: value,
  };
}

function toErrorFields(error: unknown, depth = 1): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code } = error as { readonly code?: unknown };
  return {
    name: error.name,
    message: hideAccessPointIds(error.message),
    ...(error.stack === undefined ? {} : { stack: hideAccessPointIds(error.stack) }),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.cause === undefined || depth >= CAUSES_MAX
      ? {}
      : { cause: toErrorFields(error.cause, depth + 1) }),
  };
}
