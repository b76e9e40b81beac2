import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** One call to the table as the SDK sent it, and its cost. */
export interface CountedCall {
  readonly command: string;
  /** Items in the response. */
  readonly items: number;
  /** Items that DynamoDB read for the response. */
  readonly scanned: number;
  /** Consumed read and write units. */
  readonly units: number;
}

/** Counts every call that the client sends from now on, retries included. */
export function countCalls(client: DynamoDBClient): CountedCall[] {
  const calls: CountedCall[] = [];
  client.middlewareStack.add(
    (next) => (args) => next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as never }),
    { step: 'initialize', name: 'askForConsumedCapacity' },
  );
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const response = await next(args);
      const output = response.output as {
        readonly Items?: readonly unknown[];
        readonly Item?: unknown;
        readonly ScannedCount?: number;
        readonly ConsumedCapacity?: { readonly CapacityUnits?: number };
      };
      const items = output.Items?.length ?? (output.Item === undefined ? 0 : 1);
      calls.push({
        command: String(context.commandName).replace(/Command$/, ''),
        items,
        scanned: output.ScannedCount ?? items,
        units: output.ConsumedCapacity?.CapacityUnits ?? Number.NaN,
      });
      return response;
    },
    { step: 'finalizeRequest', priority: 'low', name: 'countCalls' },
  );
  return calls;
}

export function sumCalls(calls: readonly CountedCall[]): Omit<CountedCall, 'command'> & { calls: number } {
  const sum = (field: 'items' | 'scanned' | 'units') => calls.reduce((total, call) => total + call[field], 0);
  return { calls: calls.length, items: sum('items'), scanned: sum('scanned'), units: sum('units') };
}
