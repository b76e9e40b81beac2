import { setTimeout } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  type KeysAndAttributes,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { PortError } from '#core/ports/port-error.ts';
import { callDynamoDb } from './errors.ts';
import { type Item, type ItemKey, keyAttributes } from './keys.ts';

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

/** The most keys of one call. */
const BATCH_KEYS_MAX = 100;

/** The waits before DynamoDB is asked again for keys that it did not process, milliseconds. */
const RETRY_WAITS_MS = [50, 200];

export type Wait = (ms: number) => Promise<unknown>;

/**
 * Reads the items with these keys: one BatchGetItem call for each 100 of them, one after another. Items that do not exist
 * are left out.
 * @param keys each once; DynamoDB refuses a request that names a key twice
 * @throws PortError `throttled` when DynamoDB leaves keys unprocessed at every attempt
 */
export async function batchGetItems(
  client: DynamoDBClient,
  tableName: string,
  keys: readonly ItemKey[],
  options: Pick<KeysAndAttributes, 'ConsistentRead' | 'ProjectionExpression'>,
  wait: Wait = setTimeout,
): Promise<readonly Item[]> {
  const found: Item[] = [];
  for (let start = 0; start < keys.length; start += BATCH_KEYS_MAX) {
    let pending: Item[] | undefined = keys.slice(start, start + BATCH_KEYS_MAX).map(keyAttributes);
    for (let attempt = 0; pending.length > 0; attempt += 1) {
      if (attempt > 0) await waitToRetry(attempt, wait);
      const request: KeysAndAttributes = { Keys: pending, ...options };
      const { Responses, UnprocessedKeys } = await callDynamoDb('BatchGetItem', () =>
        client.send(new BatchGetItemCommand({ RequestItems: { [tableName]: request } })),
      );
      found.push(...(Responses?.[tableName] ?? []));
      pending = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
  }
  return found;
}

async function waitToRetry(attempt: number, wait: Wait): Promise<void> {
  const ms = RETRY_WAITS_MS[attempt - 1];
  if (ms === undefined) throw new PortError('throttled', 'dynamodb: BatchGetItem left keys unprocessed');
  await wait(ms);
}
