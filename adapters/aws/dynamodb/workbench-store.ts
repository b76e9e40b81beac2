import { randomBytes } from 'node:crypto';
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { INDEXES } from '#contract/table.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { UnreadableRecord, type WorkbenchPage, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { IndexHints } from './index-hints.ts';
import { type Item, keyAttributes, keyOfItem, recordKey, userPartition, WORKBENCH_PREFIX } from './keys.ts';
import { parseWorkbench, toIndexAttributes, toRecordAttribute } from './record.ts';

/** The most a page of a list holds. */
const PAGE_MAX = 100;

/**
 * The records in DynamoDB: one item each, each write one conditional call, each read one GetItem.
 *
 * The SDK sends a request again when its answer was lost, and then meets its own first attempt: the condition
 * fails although the write was carried out. So each write carries a mark of its own: `write_token` says which
 * write the record is of, `create_token` which one created it. Only when a condition failed on a repeated request is
 * the item read once more and its mark compared. If somebody else has updated the record in between, a
 * repeated update is answered as a conflict although it was carried out; that is safe, because after a
 * conflict a caller decides anew from the record as it then is.
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

  async create(workbench: Workbench): Promise<'created' | 'exists'> {
    const mark = newWriteToken();
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: omitUndefined({
        ...keyAttributes(recordKey(workbench)),
        ...toIndexAttributes(workbench),
        record: toRecordAttribute(workbench),
        write_token: { S: mark },
        create_token: { S: mark },
      }),
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    const outcome = await writeConditionally('PutItem', () => this.#client.send(command));
    if (outcome === 'unclear')
      return (await this.#hasWriteToken('create_token', mark, workbench)) ? 'created' : 'exists';
    return outcome === 'done' ? 'created' : 'exists';
  }

  async read(key: WorkbenchKey): Promise<Workbench | undefined> {
    const item = await this.#readItem(key);
    return item === undefined ? undefined : parseWorkbench(key, item);
  }

  async update(workbench: Workbench, expectedRevision: number): Promise<'updated' | 'conflict'> {
    const mark = newWriteToken();
    const indexes = Object.entries(toIndexAttributes(workbench));
    const set = indexes.filter(([, value]) => value !== undefined).map(([name]) => `${name} = :${name}`);
    const deleted = indexes.filter(([, value]) => value === undefined).map(([name]) => name);
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyAttributes(recordKey(workbench)),
      UpdateExpression:
        `SET #record = :record, #write_token = :write_token, ${set.join(', ')}` +
        (deleted.length === 0 ? '' : ` REMOVE ${deleted.join(', ')}`),
      ConditionExpression: '#record.#revision = :expected',
      ExpressionAttributeNames: {
        '#record': 'record',
        '#write_token': 'write_token',
        '#revision': 'revision',
      },
      ExpressionAttributeValues: omitUndefined({
        ...Object.fromEntries(indexes.map(([name, value]) => [`:${name}`, value])),
        ':record': toRecordAttribute(workbench),
        ':write_token': { S: mark },
        ':expected': { N: String(expectedRevision) },
      }),
    });
    const outcome = await writeConditionally('UpdateItem', () => this.#client.send(command));
    if (outcome === 'unclear')
      return (await this.#hasWriteToken('write_token', mark, workbench)) ? 'updated' : 'conflict';
    return outcome === 'done' ? 'updated' : 'conflict';
  }

  async postpone(key: WorkbenchKey, now: number, until: number): Promise<void> {
    const due = INDEXES.due.sortKey.name;
    // One that has been written anew since is not due any more, or is due for good reason: its own time stands.
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
    // What is gone already satisfies the condition, a first attempt's own removal included.
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

  async listByUser(userId: string, page: { limit: number; after?: string }): Promise<WorkbenchPage> {
    const { limit, after } = page;
    if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
      throw new RangeError(`a page holds 1 to ${PAGE_MAX} workbenches, not ${limit}`);
    }
    const answer = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ConsistentRead: true,
          ScanIndexForward: false,
          // One more than asked for tells whether another page follows, without a second call.
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
    const items = answer.Items ?? [];
    const shown = items.slice(0, limit);
    const workbenches = shown.flatMap((item) => this.#parseOrReport(item) ?? []);
    // Also cut short by the megabyte that an answer holds, should records ever be that large.
    const more = items.length > limit || answer.LastEvaluatedKey !== undefined;
    const last = shown.at(-1);
    const next = more && last !== undefined ? keyOfItem(last)?.workbenchId : undefined;
    return next === undefined ? { workbenches } : { workbenches, next };
  }

  listDue(now: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#hints.due(now, limit);
  }

  listActive(cursor?: string): Promise<{ readonly keys: readonly WorkbenchKey[]; readonly cursor?: string }> {
    return this.#hints.active(cursor);
  }

  findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#hints.byWorkbenchId(workbenchId);
  }

  findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#hints.byInstanceId(instanceId);
  }

  async ping(): Promise<void> {
    // GetItem of what is never there: the one action that every function which reads may use.
    await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({ TableName: this.#table, Key: keyAttributes({ pk: 'system#ping', sk: 'ping' }) }),
      ),
    );
  }

  async #readItem(key: WorkbenchKey): Promise<Item | undefined> {
    const answer = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({
          TableName: this.#table,
          Key: keyAttributes(recordKey(key)),
          ConsistentRead: true,
        }),
      ),
    );
    return answer.Item;
  }

  async #hasWriteToken(
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
      this.#telemetry.error('unreadable record skipped in a list', { workbenchId: key.workbenchId }, error);
      this.#telemetry.count('unreadable_record', 1);
      return undefined;
    }
  }
}

function omitUndefined(members: Record<string, AttributeValue | undefined>): Item {
  return Object.fromEntries(
    Object.entries(members).filter((member): member is [string, AttributeValue] => member[1] !== undefined),
  );
}

/** 72 random bits: no two writes ever made to one record carry the same. */
function newWriteToken(): string {
  return randomBytes(9).toString('base64url');
}
