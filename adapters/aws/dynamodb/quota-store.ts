import { type DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type {
  KnownUser,
  LedgerPage,
  QuotaStore,
  StoredLedger,
  UserPage,
  UserQuota,
} from '#core/ports/quota-store.ts';
import { type Ledger, ledgerSchema } from '#core/quotas/ledger.ts';
import { formatScope, type QuotaLimits, type QuotaScope, quotaLimitsSchema } from '#core/quotas/limits.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import {
  type Item,
  type ItemKey,
  keyAttributes,
  knownUserKey,
  LEDGER_PARTITIONS,
  ledgerKey,
  quotaLimitsKey,
  USER_PARTITIONS,
} from './keys.ts';
import { batchGetItems } from './read-many.ts';

const PAGE = 100;

/**
 * Limits, ledgers and users in DynamoDB. A scope has one item in a partition of its own. The ledgers are in LEDGER_SHARDS partitions,
 * so that a sweep can list them and no partition is written by all users; the users likewise.
 */
export class DynamoQuotaStore implements QuotaStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async read(userId: string, scopes: readonly QuotaScope[]): Promise<UserQuota> {
    const ledger = ledgerKey(userId);
    const user = knownUserKey(userId);
    const keys = scopes.map((scope) => ({ scope, key: quotaLimitsKey(scope) }));
    const all = [ledger, user, ...keys.map(({ key }) => key)];
    const items = await batchGetItems(this.#client, this.#table, all, { ConsistentRead: true });
    const itemOf = (key: ItemKey) => items.find(({ pk, sk }) => pk?.S === key.pk && sk?.S === key.sk);
    const limits = keys.flatMap(({ scope, key }) => {
      const item = itemOf(key);
      return item === undefined ? [] : [{ scope, limits: limitsOf(item) }];
    });
    return { limits, stored: ledgerOf(itemOf(ledger)), known: userOf(itemOf(user)) };
  }

  async readLimits(scope: QuotaScope): Promise<QuotaLimits> {
    const item = await this.#getItem(quotaLimitsKey(scope));
    return item === undefined ? {} : limitsOf(item);
  }

  async writeLimits(scope: QuotaScope, limits: QuotaLimits): Promise<void> {
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: {
        ...keyAttributes(quotaLimitsKey(scope)),
        scope: { S: formatScope(scope) },
        limits: { M: marshall(limits, { removeUndefinedValues: true }) },
      },
    });
    await callDynamoDb('PutItem', () => this.#client.send(command));
  }

  async readLedger(userId: string): Promise<StoredLedger | undefined> {
    return ledgerOf(await this.#getItem(ledgerKey(userId)));
  }

  async writeLedger(
    userId: string,
    ledger: Ledger,
    expectedRevision: number | undefined,
  ): Promise<'written' | 'conflict'> {
    const outcome = await writeConditionally('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(ledgerKey(userId)),
            revision: { N: String((expectedRevision ?? 0) + 1) },
            // A group may have any name: with one called `constructor` a map is mistaken for an instance of a class.
            ledger: { M: marshall(ledger, { convertClassInstanceToMap: true }) },
          },
          ...(expectedRevision === undefined
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : {
                ConditionExpression: 'revision = :revision',
                ExpressionAttributeValues: { ':revision': { N: String(expectedRevision) } },
              }),
        }),
      ),
    );
    return outcome === 'done' ? 'written' : 'conflict';
  }

  async listLedgers(cursor?: string): Promise<LedgerPage> {
    const { shard, after } = cursor === undefined ? { shard: 0, after: undefined } : decodeCursor(cursor);
    const partition = LEDGER_PARTITIONS[shard];
    if (partition === undefined) return { userIds: [] };
    const { Items = [], LastEvaluatedKey } = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          Limit: PAGE,
          KeyConditionExpression: 'pk = :pk',
          ProjectionExpression: 'sk',
          ExpressionAttributeValues: { ':pk': { S: partition } },
          ...(after === undefined ? {} : { ExclusiveStartKey: keyAttributes({ pk: partition, sk: after }) }),
        }),
      ),
    );
    const userIds = Items.flatMap(({ sk }) => sk?.S ?? []);
    const last = LastEvaluatedKey?.sk?.S;
    if (last !== undefined) return { userIds, cursor: encodeCursor(shard, last) };
    return shard + 1 < LEDGER_PARTITIONS.length ? { userIds, cursor: encodeCursor(shard + 1) } : { userIds };
  }

  async saveUser({ userId, groups }: KnownUser): Promise<void> {
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: { ...keyAttributes(knownUserKey(userId)), groups: { L: groups.map((group) => ({ S: group })) } },
    });
    await callDynamoDb('PutItem', () => this.#client.send(command));
  }

  /** The users of a partition are sorted by their ids, and the partitions follow each other. */
  async listUsers({ limit, after }: { readonly limit: number; readonly after?: string }): Promise<UserPage> {
    const users: KnownUser[] = [];
    let from = after === undefined ? undefined : keyAttributes(knownUserKey(after));
    let shard = after === undefined ? 0 : USER_PARTITIONS.indexOf(knownUserKey(after).pk);
    // One more than `limit` shows whether another page follows.
    for (; shard < USER_PARTITIONS.length && users.length <= limit; shard += from === undefined ? 1 : 0) {
      const page = await this.#queryUsers(USER_PARTITIONS[shard] ?? '', limit + 1 - users.length, from);
      users.push(...page.users);
      from = page.lastKey;
    }
    const page = users.slice(0, limit);
    const last = page.at(-1)?.userId;
    return users.length > limit && last !== undefined ? { users: page, next: last } : { users: page };
  }

  async #queryUsers(
    partition: string,
    limit: number,
    from: Item | undefined,
  ): Promise<{ readonly users: readonly KnownUser[]; readonly lastKey: Item | undefined }> {
    const { Items = [], LastEvaluatedKey } = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          Limit: limit,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: partition } },
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      ),
    );
    return { users: Items.flatMap((item) => userOf(item) ?? []), lastKey: LastEvaluatedKey };
  }

  async #getItem(key: ItemKey): Promise<Item | undefined> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: keyAttributes(key),
      ConsistentRead: true,
    });
    const { Item } = await callDynamoDb('GetItem', () => this.#client.send(command));
    return Item;
  }
}

function limitsOf(item: Item): QuotaLimits {
  return quotaLimitsSchema.parse(unmarshall(item.limits?.M ?? {}));
}

function ledgerOf(item: Item | undefined): StoredLedger | undefined {
  if (item === undefined) return undefined;
  return {
    ledger: ledgerSchema.parse(unmarshall(item.ledger?.M ?? {})),
    revision: Number(item.revision?.N),
  };
}

function userOf(item: Item | undefined): KnownUser | undefined {
  const userId = item?.sk?.S;
  if (userId === undefined) return undefined;
  return { userId, groups: (item?.groups?.L ?? []).flatMap(({ S }) => S ?? []) };
}

/** The shard, and the last user of the page before, if it was of the same shard. */
function encodeCursor(shard: number, after = ''): string {
  return `${shard}#${after}`;
}

function decodeCursor(cursor: string): { readonly shard: number; readonly after: string | undefined } {
  const [shard = ''] = cursor.split('#', 1);
  const after = cursor.slice(shard.length + 1);
  return { shard: Number(shard), after: after === '' ? undefined : after };
}
