import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { PortError } from '#core/ports/port-error.ts';
import type { IdempotencyClaim, IdempotencyStore } from '#core/ports/workbench-store.ts';
import { callDynamoDb, conditionally } from './errors.ts';
import { type Item, idempotencyKey, keyAttributes } from './keys.ts';
import { TABLE } from '#contract/table.ts';

/** How often a claim is tried anew when the one that was in its way vanishes before it can be read. */
const CLAIM_ATTEMPTS_MAX = 3;

/**
 * Idempotency claims in DynamoDB, beside their user's records. The TTL removes them late, so whether one has
 * expired is decided by `ends_at` (milliseconds) whenever it is read or written over.
 */
export class DynamoIdempotencyStore implements IdempotencyStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async claim(
    claim: Omit<IdempotencyClaim, 'state'>,
    now: number,
  ): Promise<{ readonly claim: IdempotencyClaim; readonly ours: boolean }> {
    const { userId, key, workbenchId, bodyHash, expiresAt } = claim;
    for (let tries = 0; tries < CLAIM_ATTEMPTS_MAX; tries++) {
      const outcome = await conditionally('PutItem', () =>
        this.#client.send(
          new PutItemCommand({
            TableName: this.#table,
            Item: {
              ...keyAttributes(idempotencyKey(userId, key)),
              workbench_id: { S: workbenchId },
              body_hash: { S: bodyHash },
              claim_state: { S: 'open' },
              ends_at: { N: String(expiresAt) },
              [TABLE.ttlAttribute]: { N: String(Math.ceil(expiresAt / 1000)) },
            },
            ConditionExpression: 'attribute_not_exists(pk) OR ends_at <= :now',
            ExpressionAttributeValues: { ':now': { N: String(now) } },
          }),
        ),
      );
      if (outcome === 'done') {
        return { claim: { userId, key, workbenchId, bodyHash, state: 'open', expiresAt }, ours: true };
      }
      const standing = parseClaim(userId, key, await this.#readItem(userId, key));
      // A request sent twice by the SDK finds its own claim: nobody else chose the same workbench id.
      if (standing !== undefined && standing.expiresAt > now) {
        return { claim: standing, ours: standing.workbenchId === workbenchId };
      }
    }
    throw new PortError('unavailable', 'the claim in the way kept vanishing before it could be read');
  }

  async complete(
    userId: string,
    key: string,
    workbenchId: string,
    completedBy: string,
  ): Promise<'settled' | 'already' | 'gone'> {
    const outcome = await conditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyAttributes(idempotencyKey(userId, key)),
          UpdateExpression: 'SET claim_state = :done, settled_by = :settler',
          ConditionExpression: 'workbench_id = :id AND claim_state = :open',
          ExpressionAttributeValues: {
            ':id': { S: workbenchId },
            ':open': { S: 'open' },
            ':done': { S: 'done' },
            ':settler': { S: completedBy },
          },
        }),
      ),
    );
    if (outcome === 'done') return 'settled';
    const item = await this.#readItem(userId, key);
    if (item?.workbench_id?.S !== workbenchId) return 'gone';
    return item.settled_by?.S === completedBy ? 'settled' : 'already';
  }

  async #readItem(userId: string, key: string): Promise<Item | undefined> {
    const answer = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({
          TableName: this.#table,
          Key: keyAttributes(idempotencyKey(userId, key)),
          ConsistentRead: true,
        }),
      ),
    );
    return answer.Item;
  }
}

/** The claim in an item; one that cannot be understood counts as absent, and so is never taken for ours. */
function parseClaim(userId: string, key: string, item: Item | undefined): IdempotencyClaim | undefined {
  const workbenchId = item?.workbench_id?.S;
  const bodyHash = item?.body_hash?.S;
  const expiresAt = Number(item?.ends_at?.N);
  if (workbenchId === undefined || bodyHash === undefined || !Number.isFinite(expiresAt)) return undefined;
  const state = item?.claim_state?.S === 'done' ? 'done' : 'open';
  return { userId, key, workbenchId, bodyHash, state, expiresAt };
}
