import { randomBytes } from 'node:crypto';
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { INDEXES, TABLE } from '#contract/table.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { UsageEntry } from '#core/ports/usage-store.ts';
import {
  MOVE_KNOWN_MS,
  UnreadableRecord,
  type WorkbenchPage,
  type WorkbenchStore,
} from '#core/ports/workbench-store.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import { callDynamoDb, transactConditionally, transactOrConflict, writeConditionally } from './errors.ts';
import { IndexHints } from './index-hints.ts';
import {
  idempotencyKey as claimKey,
  type Item,
  type ItemKey,
  keyAttributes,
  keyOfItem,
  movedKey,
  recordKey,
  userPartition,
  WORKBENCH_PREFIX,
} from './keys.ts';
import { parseWorkbench, toIndexAttributes, toRecordAttribute } from './record.ts';
import { toUsageItem } from './usage-store.ts';

/** The most workbenches in a page. */
const PAGE_MAX = 100;

/**
 * Records in DynamoDB: one item per record. A write is one conditional call, a read is one GetItem. A change of the owner
 * also writes an item that names the new owner, because the indexes may name the old one for a while. A write that ends a
 * meter also writes the items of its usage.
 *
 * The SDK retries a request whose response was lost. If the first attempt has written the item, the condition of the
 * second one fails although the write succeeded. Therefore each write stores a random token: `write_token` identifies the
 * last write, `create_token` the write that created the record. If a condition fails at a retried request, the item is
 * read and its token compared. If another caller has updated the record in between, a retried update returns `conflict`
 * although it succeeded. That is safe, because after a conflict the caller reads the record and decides again.
 */
export class DynamoWorkbenchStore implements WorkbenchStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #telemetry: Telemetry;
  readonly #hints: IndexHints;

  constructor(client: DynamoDBClient, tableName: string, telemetry: Telemetry) {
    this.#client = client;
    this.#table = tableName;
    this.#telemetry = telemetry;
    this.#hints = new IndexHints(client, tableName);
  }

  async create(workbench: Workbench, idempotencyKey?: string): Promise<'created' | 'exists'> {
    const put = {
      TableName: this.#table,
      Item: newItem(workbench),
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    if (idempotencyKey !== undefined) return this.#createWithClaim(workbench, put, idempotencyKey);
    const outcome = await writeConditionally('PutItem', () => this.#client.send(new PutItemCommand(put)));
    if (outcome === 'unclear')
      return (await this.#hasToken('create_token', put.Item.create_token?.S ?? '', workbench))
        ? 'created'
        : 'exists';
    return outcome === 'done' ? 'created' : 'exists';
  }

  async #createWithClaim(
    { userId, workbenchId }: WorkbenchKey,
    put: PutItemCommandInput,
    idempotencyKey: string,
  ): Promise<'created' | 'exists'> {
    const command = new TransactWriteItemsCommand({
      ClientRequestToken: newWriteToken(),
      TransactItems: [
        { Put: { ...put, TableName: this.#table, Item: put.Item ?? {} } },
        {
          ConditionCheck: {
            TableName: this.#table,
            Key: keyAttributes(claimKey(userId, idempotencyKey)),
            ConditionExpression: 'workbench_id = :id AND claim_state = :open',
            ExpressionAttributeValues: { ':id': { S: workbenchId }, ':open': { S: 'open' } },
          },
        },
      ],
    });
    const outcome = await transactConditionally(() => this.#client.send(command));
    return outcome === 'done' ? 'created' : 'exists';
  }

  async read(key: WorkbenchKey): Promise<Workbench | undefined> {
    const item = await this.#readItem(key);
    return item === undefined ? undefined : parseWorkbench(key, item);
  }

  async update(
    workbench: Workbench,
    expectedRevision: number,
    closed: readonly UsageEntry[] = [],
  ): Promise<'updated' | 'conflict'> {
    const token = newWriteToken();
    const indexes = Object.entries(toIndexAttributes(workbench));
    const assignments = indexes
      .filter(([, value]) => value !== undefined)
      .map(([name]) => `${name} = :${name}`);
    const removed = indexes.filter(([, value]) => value === undefined).map(([name]) => name);
    const update = {
      TableName: this.#table,
      Key: keyAttributes(recordKey(workbench)),
      UpdateExpression:
        `SET #record = :record, #write_token = :write_token, ${assignments.join(', ')}` +
        (removed.length === 0 ? '' : ` REMOVE ${removed.join(', ')}`),
      ConditionExpression: '#record.#revision = :expected',
      ExpressionAttributeNames: {
        '#record': 'record',
        '#write_token': 'write_token',
        '#revision': 'revision',
      },
      ExpressionAttributeValues: omitUndefined({
        ...Object.fromEntries(indexes.map(([name, value]) => [`:${name}`, value])),
        ':record': toRecordAttribute(workbench),
        ':write_token': { S: token },
        ':expected': { N: String(expectedRevision) },
      }),
    };
    if (closed.length > 0) {
      const command = new TransactWriteItemsCommand({
        ClientRequestToken: newWriteToken(),
        TransactItems: [{ Update: update }, ...this.#putUsage(closed)],
      });
      const outcome = await transactOrConflict(() => this.#client.send(command));
      return outcome === 'done' ? 'updated' : 'conflict';
    }
    const outcome = await writeConditionally('UpdateItem', () =>
      this.#client.send(new UpdateItemCommand(update)),
    );
    if (outcome === 'unclear')
      return (await this.#hasToken('write_token', token, workbench)) ? 'updated' : 'conflict';
    return outcome === 'done' ? 'updated' : 'conflict';
  }

  async postpone(key: WorkbenchKey, now: number, until: number): Promise<void> {
    const due = INDEXES.due.sortKey.name;
    // If the record was written meanwhile, it is either no longer due or has a new due time that must not change.
    await writeConditionally('UpdateItem', () =>
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyAttributes(recordKey(key)),
          UpdateExpression: 'SET #due = :until',
          ConditionExpression: '#due <= :now',
          ExpressionAttributeNames: { '#due': due },
          ExpressionAttributeValues: { ':until': { N: String(until) }, ':now': { N: String(now) } },
        }),
      ),
    );
  }

  async delete(key: WorkbenchKey, expectedRevision: number): Promise<'deleted' | 'conflict'> {
    // A record that no longer exists satisfies the condition, even if an earlier attempt of this call deleted it.
    const outcome = await writeConditionally('DeleteItem', () =>
      this.#client.send(
        new DeleteItemCommand({
          TableName: this.#table,
          Key: keyAttributes(recordKey(key)),
          ConditionExpression: 'attribute_not_exists(pk) OR #record.#revision = :expected',
          ExpressionAttributeNames: { '#record': 'record', '#revision': 'revision' },
          ExpressionAttributeValues: { ':expected': { N: String(expectedRevision) } },
        }),
      ),
    );
    return outcome === 'done' ? 'deleted' : 'conflict';
  }

  async move(
    workbench: Workbench,
    fromUserId: string,
    expectedRevision: number,
    closed: readonly UsageEntry[] = [],
  ): Promise<'moved' | 'conflict'> {
    const { userId, workbenchId, updatedAt } = workbench;
    const command = new TransactWriteItemsCommand({
      ClientRequestToken: newWriteToken(),
      TransactItems: [
        {
          Put: {
            TableName: this.#table,
            Item: newItem(workbench),
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        {
          Delete: {
            TableName: this.#table,
            Key: keyAttributes(recordKey({ userId: fromUserId, workbenchId })),
            ConditionExpression: '#record.#revision = :expected',
            ExpressionAttributeNames: { '#record': 'record', '#revision': 'revision' },
            ExpressionAttributeValues: { ':expected': { N: String(expectedRevision) } },
          },
        },
        {
          Put: {
            TableName: this.#table,
            Item: {
              ...keyAttributes(movedKey(workbenchId)),
              user_id: { S: userId },
              [TABLE.ttlAttribute]: { N: String(Math.ceil((updatedAt + MOVE_KNOWN_MS) / 1000)) },
            },
          },
        },
        ...this.#putUsage(closed),
      ],
    });
    const outcome = await transactConditionally(() => this.#client.send(command));
    return outcome === 'done' ? 'moved' : 'conflict';
  }

  async findMoved(workbenchId: string): Promise<WorkbenchKey | undefined> {
    const userId = (await this.#getItem(movedKey(workbenchId)))?.user_id?.S;
    return userId === undefined ? undefined : { userId, workbenchId };
  }

  async listByUser(userId: string, page: { limit: number; after?: string }): Promise<WorkbenchPage> {
    const { limit, after } = page;
    if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
      throw new RangeError(`limit must be 1 to ${PAGE_MAX}, not ${limit}`);
    }
    const response = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ConsistentRead: true,
          ScanIndexForward: false,
          // One more than `limit` shows whether another page follows, without a second call.
          Limit: limit + 1,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :workbench)',
          ExpressionAttributeValues: {
            ':pk': { S: userPartition(userId) },
            ':workbench': { S: WORKBENCH_PREFIX },
          },
          ...(after === undefined
            ? {}
            : { ExclusiveStartKey: keyAttributes(recordKey({ userId, workbenchId: after })) }),
        }),
      ),
    );
    const items = response.Items ?? [];
    const listed = items.slice(0, limit);
    const workbenches = listed.flatMap((item) => this.#parseOrReport(item) ?? []);
    // A Query returns at most 1 MB, so large records could make the page shorter than `limit`.
    const more = items.length > limit || response.LastEvaluatedKey !== undefined;
    const last = listed.at(-1);
    const next = more && last !== undefined ? keyOfItem(last)?.workbenchId : undefined;
    return next === undefined ? { workbenches } : { workbenches, next };
  }

  listDue(now: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#hints.listDue(now, limit);
  }

  listDueAfter(after: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#hints.listDueAfter(after, limit);
  }

  listActive(cursor?: string): Promise<{ readonly keys: readonly WorkbenchKey[]; readonly cursor?: string }> {
    return this.#hints.listActive(cursor);
  }

  findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#hints.findByWorkbenchId(workbenchId);
  }

  findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#hints.findByInstanceId(instanceId);
  }

  async ping(): Promise<void> {
    // GetItem of a key that never exists: every function that reads the table is permitted to call GetItem.
    await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({ TableName: this.#table, Key: keyAttributes({ pk: 'system#ping', sk: 'ping' }) }),
      ),
    );
  }

  #putUsage(entries: readonly UsageEntry[]): TransactWriteItem[] {
    return entries.map((entry) => ({ Put: { TableName: this.#table, Item: toUsageItem(entry) } }));
  }

  #readItem(key: WorkbenchKey): Promise<Item | undefined> {
    return this.#getItem(recordKey(key));
  }

  async #getItem(key: ItemKey): Promise<Item | undefined> {
    const response = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({ TableName: this.#table, Key: keyAttributes(key), ConsistentRead: true }),
      ),
    );
    return response.Item;
  }

  async #hasToken(
    attribute: 'write_token' | 'create_token',
    value: string,
    key: WorkbenchKey,
  ): Promise<boolean> {
    return (await this.#readItem(key))?.[attribute]?.S === value;
  }

  #parseOrReport(item: Item): Workbench | undefined {
    const key = keyOfItem(item);
    if (key === undefined) return undefined;
    try {
      return parseWorkbench(key, item);
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      this.#telemetry.error(
        'record is unreadable; left out of the list',
        { workbenchId: key.workbenchId },
        error,
      );
      this.#telemetry.count('unreadable_record', 1);
      return undefined;
    }
  }
}

/** The item of a record that has none yet. */
function newItem(workbench: Workbench): Item {
  const token = newWriteToken();
  return omitUndefined({
    ...keyAttributes(recordKey(workbench)),
    ...toIndexAttributes(workbench),
    record: toRecordAttribute(workbench),
    write_token: { S: token },
    create_token: { S: token },
  });
}

function omitUndefined(attributes: Record<string, AttributeValue | undefined>): Item {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined),
  );
}

/** Returns 72 random bits as text: no two writes of one record have the same token. */
function newWriteToken(): string {
  return randomBytes(9).toString('base64url');
}
