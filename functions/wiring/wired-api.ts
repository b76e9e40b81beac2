import type { FunctionName } from '../deployed.ts';
import { answer, publicApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { prepared, type Wiring } from './wired.ts';

/**
 * A deployed function of the API: see `wired`. One that cannot be made answers as the contract has it, with 500
 * and the request's id.
 */
export function wiredApi<N extends FunctionName>(
  name: N,
  make: (wiring: Wiring<N>) => ApiHandler,
): ApiHandler {
  const prepare = prepared(name, make);
  return async (event, context) => {
    const { telemetry, run } = prepare(context);
    const handler = await run.catch((error: unknown) =>
      answer(publicApi({ telemetry }), async () => {
        throw error;
      }),
    );
    return handler(event, context);
  };
}
