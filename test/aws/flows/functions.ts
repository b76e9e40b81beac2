import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';

type Handler = (event: unknown, context: Context) => Promise<unknown>;

const FUNCTIONS = join(import.meta.dirname, '../../../functions');

const FUNCTION_ENTRIES: readonly (readonly [string, DeployedFunction])[] = Object.entries(DEPLOYED);

/** Invokes a deployed function like Lambda: calls `handler` of the file that contract/deployed-functions.ts names. */
export async function invoke(name: string, event: unknown): Promise<unknown> {
  const [, deployed] = FUNCTION_ENTRIES.find(([entryName]) => entryName === name) ?? [];
  if (deployed === undefined) throw new Error(`no function has the name ${name}`);
  const { handler } = (await import(join(FUNCTIONS, deployed.entry))) as { readonly handler: Handler };
  return handler(event, lambdaContext(name, deployed.timeoutSeconds * 1000));
}

/** The names of the functions with a matching trigger. */
export function functionsStartedBy<B extends DeployedFunction['startedBy']['by']>(
  by: B,
  matches: (startedBy: Extract<DeployedFunction['startedBy'], { by: B }>) => boolean,
): readonly string[] {
  return FUNCTION_ENTRIES.filter(
    ([, { startedBy: started }]) =>
      started.by === by && matches(started as Extract<DeployedFunction['startedBy'], { by: B }>),
  ).map(([name]) => name);
}

function lambdaContext(functionName: string, remainingMs: number): Context {
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId: 'request-1',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'stream',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => remainingMs,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
