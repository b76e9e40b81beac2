import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '#contract/table.ts';
import { PortError } from '#core/ports/port-error.ts';
import {
  cutoffsExpireAt,
  NO_CUTOFFS,
  raiseCutoff,
  type SessionCutoffStore,
  type SessionCutoffs,
  sessionCutoffsSchema,
} from '#core/ports/session-cutoff-store.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { cutoffKey, keyAttributes } from './keys.ts';

/** The most attempts to write. Another one is made if the item was written since it was read. */
const RAISE_ATTEMPTS_MAX = 20;

/** Cutoffs in DynamoDB: one item per user whose sessions were ended, in a partition of its own. The TTL deletes it. */
export class DynamoSessionCutoffStore implements SessionCutoffStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async raise(userId: string, at: number, issuerSession?: string): Promise<void> {
    for (let attempt = 0; attempt < RAISE_ATTEMPTS_MAX; attempt += 1) {
      const { cutoffs, revision } = await this.#readItem(userId);
      const raised = raiseCutoff(cutoffs, at, issuerSession);
      // After an unclear outcome the next attempt reads what was written. A repeated `raise` changes nothing.
      if ((await this.#write(userId, raised, revision)) === 'done') return;
    }
    throw new PortError('throttled', 'the cutoffs of a user were written by other calls at each attempt');
  }

  async read(userId: string): Promise<SessionCutoffs> {
    return (await this.#readItem(userId)).cutoffs;
  }

  async #readItem(
    userId: string,
  ): Promise<{ readonly cutoffs: SessionCutoffs; readonly revision: string | undefined }> {
    const { Item } = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({
          TableName: this.#table,
          Key: keyAttributes(cutoffKey(userId)),
          ConsistentRead: true,
        }),
      ),
    );
    if (Item === undefined) return { cutoffs: NO_CUTOFFS, revision: undefined };
    return {
      cutoffs: sessionCutoffsSchema.parse(unmarshall(Item.cutoffs?.M ?? {})),
      revision: Item.revision?.N,
    };
  }

  #write(userId: string, cutoffs: SessionCutoffs, revision: string | undefined) {
    return writeConditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyAttributes(cutoffKey(userId)),
          UpdateExpression: 'SET cutoffs = :cutoffs, revision = :next, #ttl = :expires_at',
          ConditionExpression: revision === undefined ? 'attribute_not_exists(pk)' : 'revision = :revision',
          ExpressionAttributeNames: { '#ttl': TABLE.ttlAttribute },
          ExpressionAttributeValues: {
            ':cutoffs': {
              // A session at the issuer may have any name: with one called `constructor` the map is mistaken for an
              // instance of a class.
              M: marshall(cutoffs, { removeUndefinedValues: true, convertClassInstanceToMap: true }),
            },
            ':next': { N: String(Number(revision ?? 0) + 1) },
            ...(revision === undefined ? {} : { ':revision': { N: revision } }),
            ':expires_at': { N: String(Math.ceil(cutoffsExpireAt(cutoffs) / 1000)) },
          },
        }),
      ),
    );
  }
}
