import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { INDEXES } from '#contract/table.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { callDynamoDb } from './errors.ts';
import { ACTIVE_PARTITIONS, DUE_PARTITIONS, type Item, keyAttributes, keyOfItem, recordKey } from './keys.ts';

const ACTIVE_PAGE_SIZE = 100;
const DUE_MAX = 1_000;

/** Queries of the indexes. They are eventually consistent: an index may be stale and may name deleted records. */
export class IndexHints {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  /** The workbenches that are due, earliest first. */
  listDue(now: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#listByDueTime('<=', now, limit);
  }

  /** The workbenches that are due later, earliest first. */
  listDueAfter(after: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#listByDueTime('>', after, limit);
  }

  /**
   * Each partition is queried for `limit` workbenches, so that the result has the earliest ones however they are
   * distributed. 1,000 keys have about 200 KB, well within one page of 1 MB.
   */
  async #listByDueTime(
    comparison: '<=' | '>',
    time: number,
    limit: number,
  ): Promise<readonly WorkbenchKey[]> {
    if (!Number.isInteger(limit) || limit < 1 || limit > DUE_MAX) {
      throw new RangeError(`limit must be 1 to ${DUE_MAX}, not ${limit}`);
    }
    const { name, partitionKey, sortKey } = INDEXES.due;
    const pages = await Promise.all(
      DUE_PARTITIONS.map((partition) =>
        this.#query({
          IndexName: name,
          KeyConditionExpression: `${partitionKey.name} = :partition AND ${sortKey.name} ${comparison} :time`,
          ExpressionAttributeValues: { ':partition': { S: partition }, ':time': { N: String(time) } },
          Limit: limit,
        }),
      ),
    );
    return workbenchKeysOf(
      pages
        .flatMap(({ items }) => items)
        .sort((a, b) => Number(a[sortKey.name]?.N) - Number(b[sortKey.name]?.N))
        .slice(0, limit),
    );
  }

  /** The active workbenches, partition by partition. A page never spans two partitions, and may be empty. */
  async listActive(
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

  findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#findFirst(INDEXES.byWorkbench, workbenchId);
  }

  findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#findFirst(INDEXES.byInstance, instanceId);
  }

  async #findFirst(
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
    const response = await callDynamoDb('Query', () =>
      this.#client.send(new QueryCommand({ TableName: this.#table, ...input })),
    );
    return { items: response.Items ?? [], more: response.LastEvaluatedKey !== undefined };
  }
}

function workbenchKeysOf(items: readonly Item[]): WorkbenchKey[] {
  return items.flatMap((item) => keyOfItem(item) ?? []);
}

/** Where the list of active workbenches continues: in which partition, after which workbench. */
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
    throw new RangeError('invalid cursor; pass the cursor of the previous page');
  }
  return typeof userId === 'string' && typeof workbenchId === 'string'
    ? { partition, after: { userId, workbenchId } }
    : { partition };
}
