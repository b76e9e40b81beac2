import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** One call to the table, as it went over the wire, and what it was charged. */
export interface CountedCall {
  readonly command: string;
  /** Items answered, and looked at for it. */
  readonly items: number;
  readonly scanned: number;
  /** Read and write units. */
  readonly units: number;
}

/** Counts every call that the client makes from now on, where the SDK sends it, repeated ones too. */
export function countCalls(client: DynamoDBClient): CountedCall[] {
  const calls: CountedCall[] = [];
  client.middlewareStack.add(
    (next) => (args) => next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as never }),
    { step: 'initialize', name: 'askForConsumedCapacity' },
  );
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      const output = answer.output as {
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
      return answer;
    },
    { step: 'finalizeRequest', priority: 'low', name: 'countCalls' },
  );
  return calls;
}

export function sumCalls(calls: readonly CountedCall[]): Omit<CountedCall, 'command'> & { calls: number } {
  const sum = (of: 'items' | 'scanned' | 'units') => calls.reduce((total, call) => total + call[of], 0);
  return { calls: calls.length, items: sum('items'), scanned: sum('scanned'), units: sum('units') };
}
