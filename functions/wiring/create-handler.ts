import type { Context } from 'aws-lambda';
import { DEPLOYED, type FunctionName, type SettingsReadBy } from '#contract/deployed-functions.ts';
import { type DeployedSettingsFor, readDeployedSettings } from '#contract/settings/deployment-settings.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { type LambdaTelemetry, lambdaTelemetry } from '../telemetry.ts';

/** What a function is wired with: the settings that it reads by its row in contract/deployed-functions.ts, and no others. */
export interface Wiring<N extends FunctionName> {
  readonly settings: DeployedSettingsFor<SettingsReadBy<N>>;
  readonly telemetry: Telemetry;
}

/** A function of ours as it is after `build`. */
export type BuiltHandler<E, A> = (event: E, context: Context) => Promise<A>;

/** As Lambda calls it. */
export type LambdaHandler<E, A> = (event: E, context: Context) => Promise<A>;

/**
 * A deployed function. Importing it reads no environment and makes no client: the first invocation does, and
 * what it has made serves the later ones of this process. One that could not be made is tried again.
 *
 * Whatever fails is written to the log, and thrown as an error that only says so: Lambda prints what is thrown
 * with all that hangs on it, and hands it on to the destination of failures.
 */
export function createHandler<N extends FunctionName, E, A>(
  name: N,
  make: (wiring: Wiring<N>) => BuiltHandler<E, A> | Promise<BuiltHandler<E, A>>,
): LambdaHandler<E, A> {
  const prepare = initializeOnce(name, make);
  return async (event, context) => {
    const { telemetry, run } = prepare(context);
    try {
      return await (await run)(event, context);
    } catch (error) {
      telemetry.error('the function failed', {}, error);
      throw new Error(`${name} failed`);
    }
  };
}

/**
 * Makes the function once, and again after it could not be made.
 * @returns what each invocation is to begin with
 */
export function initializeOnce<N extends FunctionName, E, A>(
  name: N,
  make: (wiring: Wiring<N>) => BuiltHandler<E, A> | Promise<BuiltHandler<E, A>>,
): (context: Context) => { readonly telemetry: Telemetry; readonly run: Promise<BuiltHandler<E, A>> } {
  let logging: LambdaTelemetry | undefined;
  let made: Promise<BuiltHandler<E, A>> | undefined;
  return (context) => {
    logging ??= lambdaTelemetry();
    logging.startInvocation(context);
    const { telemetry } = logging;
    made ??= initialize(name, make, telemetry).catch((error: unknown) => {
      made = undefined;
      telemetry.count('init_failed', 1, { function: name });
      throw error;
    });
    return { telemetry, run: made };
  };
}

async function initialize<N extends FunctionName, E, A>(
  name: N,
  make: (wiring: Wiring<N>) => BuiltHandler<E, A> | Promise<BuiltHandler<E, A>>,
  telemetry: Telemetry,
): Promise<BuiltHandler<E, A>> {
  const reads: readonly SettingsReadBy<N>[] = DEPLOYED[name].reads;
  return make({ settings: readDeployedSettings(process.env, reads), telemetry });
}
