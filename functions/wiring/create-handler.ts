import type { Context } from 'aws-lambda';
import { DEPLOYED, type FunctionName, type SettingsReadBy } from '#contract/deployed-functions.ts';
import { type DeployedSettingsFor, readDeployedSettings } from '#contract/settings/deployment-settings.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { toApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type LambdaTelemetry, lambdaTelemetry } from '../telemetry.ts';

/** What a function is created with: the settings in its row of contract/deployed-functions.ts, and telemetry. */
export interface Wiring<N extends FunctionName> {
  readonly settings: DeployedSettingsFor<SettingsReadBy<N>>;
  readonly telemetry: Telemetry;
}

/** A function as its `build` returns it. */
export type BuiltHandler<E, A> = (event: E, context: Context) => Promise<A>;

/** A function as Lambda calls it. */
export type LambdaHandler<E, A> = (event: E, context: Context) => Promise<A>;

/**
 * Creates the handler of a deployed function. Importing the module reads no environment variables and creates no client:
 * the first invocation does both, and later invocations in the same process reuse the result. A failed initialization is
 * retried at the next invocation.
 *
 * The handler logs every error and throws another one without details, because Lambda prints a thrown error with all its
 * properties and sends it to the failure destination.
 */
export function createHandler<N extends FunctionName, E, A>(
  name: N,
  create: (wiring: Wiring<N>) => BuiltHandler<E, A> | Promise<BuiltHandler<E, A>>,
): LambdaHandler<E, A> {
  const prepare = initializeOnce(name, create);
  return async (event, context) => {
    const { telemetry, run } = prepare(context);
    try {
      return await (await run)(event, context);
    } catch (error) {
      telemetry.error('function failed', {}, error);
      throw new Error(`${name} failed`);
    }
  };
}

/**
 * Initializes a function once, and again after a failure.
 * @returns a function that each invocation calls first
 */
function initializeOnce<N extends FunctionName, E, A>(
  name: N,
  create: (wiring: Wiring<N>) => BuiltHandler<E, A> | Promise<BuiltHandler<E, A>>,
): (context: Context) => { readonly telemetry: Telemetry; readonly run: Promise<BuiltHandler<E, A>> } {
  let logging: LambdaTelemetry | undefined;
  let initialized: Promise<BuiltHandler<E, A>> | undefined;
  return (context) => {
    logging ??= lambdaTelemetry();
    logging.startInvocation(context);
    const { telemetry } = logging;
    initialized ??= initialize(name, create, telemetry).catch((error: unknown) => {
      initialized = undefined;
      telemetry.count('init_failed', 1, { function: name });
      throw error;
    });
    return { telemetry, run: initialized };
  };
}

async function initialize<N extends FunctionName, E, A>(
  name: N,
  create: (wiring: Wiring<N>) => BuiltHandler<E, A> | Promise<BuiltHandler<E, A>>,
  telemetry: Telemetry,
): Promise<BuiltHandler<E, A>> {
  const reads: readonly SettingsReadBy<N>[] = DEPLOYED[name].reads;
  return create({ settings: readDeployedSettings(process.env, reads), telemetry });
}

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
