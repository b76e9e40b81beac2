import type { InvokeCommandInput } from '@aws-sdk/client-lambda';
import type { Janitor } from '#adapters/aws/efs/janitor.ts';
import { type InvokeClient, RemoteJanitor } from '#adapters/aws/efs/remote-janitor.ts';
import { build } from '#functions/volumes/janitor.ts';

/** File system → janitor function. The function of the second one exists, but its janitor does not mount it. */
export const JANITOR_FUNCTIONS = new Map([
  ['fs-1', 'janitor-1'],
  ['fs-2', 'janitor-2'],
]);

/** A Lambda client that invokes the janitor's function. An error of the function is in the payload, with HTTP status 200. */
export function lambdaClientFor(janitor: Janitor): InvokeClient {
  const invoke = build({ janitor });
  const send = async ({ input }: { readonly input: InvokeCommandInput }) => {
    const event: unknown = JSON.parse(new TextDecoder().decode(input.Payload as Uint8Array));
    try {
      return { StatusCode: 200, Payload: encode(await invoke(event)) };
    } catch (error) {
      const { name, message } = error as Error;
      return {
        StatusCode: 200,
        FunctionError: 'Unhandled',
        Payload: encode({ errorType: name, errorMessage: message }),
      };
    }
  };
  return { send } as unknown as InvokeClient;
}

/** A client of this janitor that calls it through an invocation. */
export function remoteJanitorFor(janitor: Janitor): RemoteJanitor {
  return new RemoteJanitor(lambdaClientFor(janitor), JANITOR_FUNCTIONS);
}

function encode(payload: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(payload));
}
