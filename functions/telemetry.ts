import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';

const SERVICE = 'workbench-controller';

/** The CloudWatch namespace of the counters, where the deployment names none of its own. */
const NAMESPACE = 'WorkbenchController';

/** The deepest chain of causes written down. */
const CAUSES_MAX = 5;

/** What is needed of powertools' logger. */
export type LineWriter = Pick<Logger, 'info' | 'warn' | 'error'>;

/**
 * Telemetry as lines of JSON on the standard output. Counters are written in CloudWatch's embedded metric
 * format, so that they become metrics without a call. Of errors only name, message, code and stack are
 * written: what else hangs on them may be the content of a request.
 */
export function jsonTelemetry(lines: LineWriter = newLogger(), namespace = NAMESPACE): Telemetry {
  const safely = (write: () => void): void => {
    try {
      write();
    } catch {
      // Nothing that is said about the work may stop the work.
    }
  };
  return {
    info: (message, fields) => safely(() => lines.info(message, { ...fields })),
    warn: (message, fields) => safely(() => lines.warn(message, { ...fields })),
    error: (message, fields, cause) =>
      safely(() =>
        lines.error(
          message,
          cause === undefined ? { ...fields } : { ...fields, cause: toErrorFields(cause) },
        ),
      ),
    count: (metric, value, dimensions) =>
      safely(() => {
        if (value !== 0) lines.info('metric', toEmbeddedMetric(namespace, metric, value, dimensions ?? {}));
      }),
  };
}

export interface LambdaTelemetry {
  readonly telemetry: Telemetry;
  /** An invocation begins: its lines name the function and the request. */
  startInvocation(context: Context): void;
}

/** The same in a function of Lambda. */
export function lambdaTelemetry(): LambdaTelemetry {
  const logger = newLogger();
  // The variable that the tools of this logger read their namespace from; installations in one account differ in it.
  const namespace = process.env.POWERTOOLS_METRICS_NAMESPACE || NAMESPACE;
  return {
    telemetry: jsonTelemetry(logger, namespace),
    startInvocation: (context) => logger.addContext(context),
  };
}

function newLogger(): Logger {
  return new Logger({ serviceName: SERVICE });
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
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.cause === undefined || depth >= CAUSES_MAX
      ? {}
      : { cause: toErrorFields(error.cause, depth + 1) }),
  };
}
