import type { FunctionName } from '#contract/deployed-functions.ts';
import { toApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { initializeOnce, type Wiring } from './create-handler.ts';

/**
 * Creates the handler of a deployed function of the API, like `createHandler`. If the function cannot be initialized, it
 * responds with the contract's error body: 500 and the request's id.
 */
export function createApiHandler<N extends FunctionName>(
  name: N,
  create: (wiring: Wiring<N>) => ApiHandler,
): ApiHandler {
  const prepare = initializeOnce(name, create);
  return async (event, context) => {
    const { telemetry, run } = prepare(context);
    const handler = await run.catch((error: unknown) =>
      toApiHandler({ telemetry }, async () => {
        throw error;
      }),
    );
    return handler(event, context);
  };
}
