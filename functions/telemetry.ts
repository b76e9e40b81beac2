import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { hideAccessPointIds } from '#adapters/aws/access-point-ids.ts';
import type { Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';

const SERVICE = 'workbench-controller';

/** The default CloudWatch namespace of the metrics. */
const NAMESPACE = 'WorkbenchController';

/** The maximum depth of a chain of causes in a log line. */
const CAUSES_MAX = 5;

/** The part of the Powertools logger that is used. */
export type LineWriter = Pick<Logger, 'info' | 'warn' | 'error'>;

/**
 * Telemetry as lines of JSON on the standard output. Metrics are written in CloudWatch's embedded metric format, which
 * needs no API call. Of an error only name, message, code and stack are written: other properties may contain the
 * content of a request.
 */
export function jsonTelemetry(lines: LineWriter = newLogger(), namespace = NAMESPACE): Telemetry {
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

export interface LambdaTelemetry {
  readonly telemetry: Telemetry;
  /** Adds the function and the request of this invocation to the following lines. */
  startInvocation(context: Context): void;
}

/** Telemetry of a Lambda function. */
export function lambdaTelemetry(): LambdaTelemetry {
  const logger = newLogger();
  // The variable from which Powertools reads its namespace. Each installation in an account has its own.
  const namespace = process.env.POWERTOOLS_METRICS_NAMESPACE || NAMESPACE;
  return {
    telemetry: jsonTelemetry(logger, namespace),
    startInvocation: (context) => logger.addContext(context),
  };
}

function newLogger(): Logger {
  return new Logger({ serviceName: SERVICE });
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
