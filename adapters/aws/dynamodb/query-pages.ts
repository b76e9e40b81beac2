import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { callDynamoDb } from './errors.ts';
import type { Item } from './keys.ts';

export interface QueryPage {
  readonly items: readonly Item[];
  /** Where the next page begins; absent on the last. */
  readonly next: Item | undefined;
}

/**
 * Yields the pages of a query, each of at most 1 MB. The next page is read when it is needed.
 * @param input returns the query of the next page, which may have another limit
 * @throws PortError
 */
export async function* queryPages(
  client: DynamoDBClient,
  input: () => Omit<QueryCommandInput, 'ExclusiveStartKey'>,
): AsyncGenerator<QueryPage> {
  let next: Item | undefined;
  do {
    const start = next === undefined ? {} : { ExclusiveStartKey: next };
    const page = await callDynamoDb('Query', () => client.send(new QueryCommand({ ...input(), ...start })));
    next = page.LastEvaluatedKey;
    yield { items: page.Items ?? [], next };
  } while (next !== undefined);
}
