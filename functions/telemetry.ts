import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { jsonTelemetry } from '#adapters/json-telemetry.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

const SERVICE = 'workbench-controller';

/** The default CloudWatch namespace of the metrics. */
const NAMESPACE = 'WorkbenchController';

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
