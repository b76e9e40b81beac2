import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { IdempotencyClaim, IdempotencyStore } from '#core/ports/workbench-store.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { type Item, idempotencyKey, keyAttributes } from './keys.ts';

/** The most attempts to write a claim. Another one is made if the existing claim was deleted before it could be read. */
const CLAIM_ATTEMPTS_MAX = 3;

/**
 * Idempotency claims in DynamoDB, in the partition of the user's records. The TTL deletes items late, so each read and
 * each write compares `expires_at_ms` (milliseconds) to decide whether a claim has expired.
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
  ): Promise<{ readonly claim: IdempotencyClaim; readonly claimed: boolean }> {
    const { userId, key, workbenchId, bodyHash, expiresAt } = claim;
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX; attempt++) {
      const outcome = await writeConditionally('PutItem', () =>
        this.#client.send(
          new PutItemCommand({
            TableName: this.#table,
            Item: {
              ...keyAttributes(idempotencyKey(userId, key)),
              workbench_id: { S: workbenchId },
              body_hash: { S: bodyHash },
              claim_state: { S: 'open' },
              expires_at_ms: { N: String(expiresAt) },
              [TABLE.ttlAttribute]: { N: String(Math.ceil(expiresAt / 1000)) },
            },
            ConditionExpression: 'attribute_not_exists(pk) OR expires_at_ms <= :now',
            ExpressionAttributeValues: { ':now': { N: String(now) } },
          }),
        ),
      );
      if (outcome === 'done') {
        return { claim: { userId, key, workbenchId, bodyHash, state: 'open', expiresAt }, claimed: true };
      }
      const existing = parseClaim(userId, key, await this.#readItem(userId, key));
      // If the SDK sent the request twice, the existing claim may be its own: only this call chose this workbench id.
      if (existing !== undefined && existing.expiresAt > now) {
        return { claim: existing, claimed: existing.workbenchId === workbenchId };
      }
    }
    throw new PortError('unavailable', 'the existing idempotency claim was deleted before each read');
  }

  async complete(
    userId: string,
    key: string,
    workbenchId: string,
    completedBy: string,
  ): Promise<'completed' | 'already' | 'gone'> {
    const outcome = await writeConditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyAttributes(idempotencyKey(userId, key)),
          UpdateExpression: 'SET claim_state = :done, completed_by = :completed_by',
          ConditionExpression: 'workbench_id = :id AND claim_state = :open',
          ExpressionAttributeValues: {
            ':id': { S: workbenchId },
            ':open': { S: 'open' },
            ':done': { S: 'done' },
            ':completed_by': { S: completedBy },
          },
        }),
      ),
    );
    if (outcome === 'done') return 'completed';
    const item = await this.#readItem(userId, key);
    if (item?.workbench_id?.S !== workbenchId) return 'gone';
    return item.completed_by?.S === completedBy ? 'completed' : 'already';
  }

  async #readItem(userId: string, key: string): Promise<Item | undefined> {
    const response = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({
          TableName: this.#table,
          Key: keyAttributes(idempotencyKey(userId, key)),
          ConsistentRead: true,
        }),
      ),
    );
    return response.Item;
  }
}

/** Reads the claim in an item. An unreadable claim counts as absent, so that it is never regarded as this caller's. */
function parseClaim(userId: string, key: string, item: Item | undefined): IdempotencyClaim | undefined {
  const workbenchId = item?.workbench_id?.S;
  const bodyHash = item?.body_hash?.S;
  const expiresAt = Number(item?.expires_at_ms?.N);
  if (workbenchId === undefined || bodyHash === undefined || !Number.isFinite(expiresAt)) return undefined;
  // A state that this version does not know counts as done, so that no second workbench is created.
  const state = item?.claim_state?.S === 'open' ? 'open' : 'done';
  return { userId, key, workbenchId, bodyHash, state, expiresAt };
}
