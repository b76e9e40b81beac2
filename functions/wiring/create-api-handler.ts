import type { FunctionName } from '#contract/deployed-functions.ts';
import { publicApi, toApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { initializeOnce, type Wiring } from './create-handler.ts';

/**
 * A deployed function of the API: see `wired`. One that cannot be made answers as the contract has it, with 500
 * and the request's id.
 */
export function createApiHandler<N extends FunctionName>(
  name: N,
  make: (wiring: Wiring<N>) => ApiHandler,
): ApiHandler {
  const prepare = initializeOnce(name, make);
  return async (event, context) => {
    const { telemetry, run } = prepare(context);
    const handler = await run.catch((error: unknown) =>
      toApiHandler(publicApi({ telemetry }), async () => {
        throw error;
      }),
    );
    return handler(event, context);
  };
}
