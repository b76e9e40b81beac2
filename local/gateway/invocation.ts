import type { Context } from 'aws-lambda';
import type { Timers } from '#adapters/local/timers.ts';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';

export type GatewayHandler = (event: GatewayEvent, context: Context) => Promise<unknown>;

/** The longest that API Gateway waits for a function, in milliseconds. */
export const INTEGRATION_TIMEOUT_MS = 30_000;

export type Invocation =
  | { readonly kind: 'answered'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It may still be at work; whatever it answers then is dropped. */
  | { readonly kind: 'timed_out' };

/** Calls a function as Lambda would, for as long as API Gateway would wait. */
export function invoke(
  handler: GatewayHandler,
  event: GatewayEvent,
  timers: Timers,
  timeoutMs = INTEGRATION_TIMEOUT_MS,
): Promise<Invocation> {
  return new Promise((resolve) => {
    const cancel = timers.after(timeoutMs, () => resolve({ kind: 'timed_out' }));
    const context = lambdaContext(event.routeKey, event.requestContext.requestId, timers, timeoutMs);
    const run = async () => handler(event, context);
    run()
      .then(
        (result) => resolve({ kind: 'answered', result }),
        (error: unknown) => resolve({ kind: 'failed', error }),
      )
      .finally(cancel);
  });
}

/** What a function is told about its own invocation. */
export function lambdaContext(
  functionName: string,
  requestId: string,
  timers: Timers,
  timeoutMs: number,
): Context {
  const endsAt = timers.now() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId: requestId,
    logGroupName: 'local',
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, endsAt - timers.now()),
    done() {},
    fail() {},
    succeed() {},
  };
}
