import type { Context } from 'aws-lambda';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';

export type GatewayHandler = (event: GatewayEvent, context: Context) => Promise<unknown>;

/** How long API Gateway waits for a function, milliseconds. */
export const INTEGRATION_TIMEOUT_MS = 30_000;

export type Invocation =
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The function may still run. Its result is discarded. */
  | { readonly kind: 'timed_out' };

/** Calls a function as Lambda does, and waits for it as long as API Gateway does. */
export function invoke(
  handler: GatewayHandler,
  event: GatewayEvent,
  timers: Timers,
  timeoutMs = INTEGRATION_TIMEOUT_MS,
): Promise<Invocation> {
  return new Promise((resolve) => {
    const cancel = timers.after(timeoutMs, () => resolve({ kind: 'timed_out' }));
    const context = lambdaContext(event.routeKey, event.requestContext.requestId, timers, timeoutMs);
    const run = async () => outsideRequest(() => handler(event, context));
    run()
      .then(
        (result) => resolve({ kind: 'returned', result }),
        (error: unknown) => resolve({ kind: 'failed', error }),
      )
      .finally(cancel);
  });
}

/** Returns the context object of an invocation. */
export function lambdaContext(
  functionName: string,
  requestId: string,
  timers: Timers,
  timeoutMs: number,
): Context {
  const deadline = timers.elapsed() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId: requestId,
    logGroupName: 'local',
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - timers.elapsed()),
    done() {},
    fail() {},
    succeed() {},
  };
}
