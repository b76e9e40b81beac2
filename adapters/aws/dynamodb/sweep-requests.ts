import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '#contract/table.ts';
import {
  type StoredSweepRequest,
  SWEEP_REQUEST_RETENTION_MS,
  type SweepRequest,
  sweepRequestSchema,
} from '#core/ports/sweep-starter.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { keyAttributes, SWEEP_REQUEST_KEY } from './keys.ts';

/** The last request of an operator to run a sweep: one item. */
export class DynamoSweepRequests {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async read(): Promise<StoredSweepRequest | undefined> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: keyAttributes(SWEEP_REQUEST_KEY),
      ConsistentRead: true,
    });
    const { Item } = await callDynamoDb('GetItem', () => this.#client.send(command));
    return Item === undefined ? undefined : sweepRequestSchema.parse(unmarshall(Item.request?.M ?? {}));
  }

  /** Stores a request if `previous` is still the stored one. */
  async replace(request: SweepRequest, previous: StoredSweepRequest | undefined): Promise<boolean> {
    const expiresAt = Math.ceil((request.at + SWEEP_REQUEST_RETENTION_MS) / 1000);
    const outcome = await writeConditionally('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(SWEEP_REQUEST_KEY),
            request: { M: marshall(request) },
            [TABLE.ttlAttribute]: { N: String(expiresAt) },
          },
          ...(previous === undefined
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : isStored(previous, 'attribute_not_exists(pk) OR ')),
        }),
      ),
    );
    // `unclear` is no success: the caller then reads that its own request is stored.
    return outcome === 'done';
  }

  /** Removes a request that has started nothing. */
  async remove(request: SweepRequest): Promise<void> {
    await writeConditionally('DeleteItem', () =>
      this.#client.send(
        new DeleteItemCommand({
          TableName: this.#table,
          Key: keyAttributes(SWEEP_REQUEST_KEY),
          ...isStored(request),
        }),
      ),
    );
  }
}

/** The TTL of the table may have deleted the previous request. */
function isStored({ at }: StoredSweepRequest, or = '') {
  return {
    ConditionExpression: `${or}#request.#at = :at`,
    ExpressionAttributeNames: { '#request': 'request', '#at': 'at' },
    ExpressionAttributeValues: { ':at': { N: String(at) } },
  };
}
