import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { INDEXES } from '#contract/table.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { callDynamoDb } from './errors.ts';
import { ACTIVE_PARTITIONS, DUE_PARTITIONS, type Item, keyAttributes, keyOfItem, recordKey } from './keys.ts';

const ACTIVE_PAGE_SIZE = 100;
const DUE_MAX = 1_000;

/** What the indexes answer: they lag behind the records, and name what has gone since. */
export class IndexHints {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  /**
   * What is due, earliest first. Each partition is asked for as many as are wanted in all, so that the
   * earliest are among them however they are spread; 1,000 names are some 200 KB, well within one answer.
   */
  async due(now: number, limit: number): Promise<readonly WorkbenchKey[]> {
    if (!Number.isInteger(limit) || limit < 1 || limit > DUE_MAX) {
      throw new RangeError(`1 to ${DUE_MAX} due workbenches can be asked for, not ${limit}`);
    }
    const { name, partitionKey, sortKey } = INDEXES.due;
    const answers = await Promise.all(
      DUE_PARTITIONS.map((partition) =>
        this.#query({
          IndexName: name,
          KeyConditionExpression: `${partitionKey.name} = :partition AND ${sortKey.name} <= :now`,
          ExpressionAttributeValues: { ':partition': { S: partition }, ':now': { N: String(now) } },
          Limit: limit,
        }),
      ),
    );
    return workbenchKeysOf(
      answers
        .flatMap(({ items }) => items)
        .sort((a, b) => Number(a[sortKey.name]?.N) - Number(b[sortKey.name]?.N))
        .slice(0, limit),
    );
  }

  /** What is active, partition by partition; a page never spans two, and may be empty. */
  async active(
    cursor?: string,
  ): Promise<{ readonly keys: readonly WorkbenchKey[]; readonly cursor?: string }> {
    const { name, partitionKey, sortKey } = INDEXES.active;
    const start = cursor === undefined ? { partition: 0 } : decodeCursor(cursor);
    const partition = { S: ACTIVE_PARTITIONS[start.partition] ?? '' };
    const { items, more } = await this.#query({
      IndexName: name,
      KeyConditionExpression: `${partitionKey.name} = :partition`,
      ExpressionAttributeValues: { ':partition': partition },
      Limit: ACTIVE_PAGE_SIZE,
      ...(start.after === undefined
        ? {}
        : {
            ExclusiveStartKey: {
              ...keyAttributes(recordKey(start.after)),
              [partitionKey.name]: partition,
              [sortKey.name]: { S: start.after.workbenchId },
            },
          }),
    });
    const keys = workbenchKeysOf(items);
    const after = keys.at(-1);
    if (more && after !== undefined)
      return { keys, cursor: encodeCursor({ partition: start.partition, after }) };
    const next = start.partition + 1;
    return next < ACTIVE_PARTITIONS.length ? { keys, cursor: encodeCursor({ partition: next }) } : { keys };
  }

  byWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#first(INDEXES.byWorkbench, workbenchId);
  }

  byInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#first(INDEXES.byInstance, instanceId);
  }

  async #first(
    index: typeof INDEXES.byWorkbench | typeof INDEXES.byInstance,
    value: string,
  ): Promise<WorkbenchKey | undefined> {
    const { items } = await this.#query({
      IndexName: index.name,
      KeyConditionExpression: `${index.partitionKey.name} = :value`,
      ExpressionAttributeValues: { ':value': { S: value } },
      Limit: 1,
    });
    return workbenchKeysOf(items)[0];
  }

  async #query(input: Omit<QueryCommandInput, 'TableName'>): Promise<{ items: Item[]; more: boolean }> {
    const answer = await callDynamoDb('Query', () =>
      this.#client.send(new QueryCommand({ TableName: this.#table, ...input })),
    );
    return { items: answer.Items ?? [], more: answer.LastEvaluatedKey !== undefined };
  }
}

function workbenchKeysOf(items: readonly Item[]): WorkbenchKey[] {
  return items.flatMap((item) => keyOfItem(item) ?? []);
}

/** Where a walk over the active index goes on: in which partition, after which workbench. */
interface ActiveCursor {
  readonly partition: number;
  readonly after?: WorkbenchKey;
}

function encodeCursor({ partition, after }: ActiveCursor): string {
  const parts = after === undefined ? [partition] : [partition, after.userId, after.workbenchId];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decodeCursor(cursor: string): ActiveCursor {
  const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  const [partition, userId, workbenchId] = Array.isArray(parts) ? parts : [];
  if (typeof partition !== 'number' || ACTIVE_PARTITIONS[partition] === undefined) {
    throw new RangeError('a cursor must come from the page before');
  }
  return typeof userId === 'string' && typeof workbenchId === 'string'
    ? { partition, after: { userId, workbenchId } }
    : { partition };
}
