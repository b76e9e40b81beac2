import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '#contract/table.ts';
import type { Grantee } from '#core/access/grantee.ts';
import { type Share, type ShareKey, type ShareStore, storedShareSchema } from '#core/ports/share-store.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import {
  granteePartition,
  type Item,
  type ItemKey,
  keyAttributes,
  keyOfShare,
  sharedWorkbenchKey,
  shareKey,
  sharePartition,
} from './keys.ts';
import { batchGetItems, queryPages, type Wait } from './read-many.ts';

/**
 * Shares in DynamoDB: one item per share, in a partition per workbench, and one item in the partition of the grantee, by
 * which the workbenches of a grantee are found. Only the first decides.
 */
export class DynamoShareStore implements ShareStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #wait: Wait | undefined;

  constructor(client: DynamoDBClient, tableName: string, wait?: Wait) {
    this.#client = client;
    this.#table = tableName;
    this.#wait = wait;
  }

  async put(share: Share): Promise<void> {
    await this.#putItem(sharedWorkbenchItem(share));
    await this.#putItem(shareItem(share));
  }

  async read(keys: readonly ShareKey[]): Promise<readonly Share[]> {
    const unique = new Map(keys.map(shareKey).map((key) => [`${key.pk} ${key.sk}`, key]));
    const items = await batchGetItems(
      this.#client,
      this.#table,
      [...unique.values()],
      { ConsistentRead: true },
      this.#wait,
    );
    return items.flatMap(parseShare);
  }

  async listByWorkbench(workbenchId: string): Promise<readonly Share[]> {
    return (await this.#readPartition(workbenchId)).flatMap(parseShare);
  }

  async listByGrantee(
    grantee: Grantee,
    { limit, after }: { limit: number; after?: string },
  ): Promise<readonly string[]> {
    const { Items } = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :after',
          ExpressionAttributeValues: {
            ':pk': { S: granteePartition(grantee) },
            ...(after === undefined ? {} : { ':after': { S: after } }),
          },
          ScanIndexForward: false,
          Limit: limit,
        }),
      ),
    );
    return (Items ?? []).flatMap((item) => item[TABLE.sortKey.name]?.S ?? []);
  }

  async delete(key: ShareKey): Promise<void> {
    await this.#deleteItem(shareKey(key));
    await this.#deleteItem(sharedWorkbenchKey(key));
  }

  async deleteByLink(key: ShareKey, linkId: string): Promise<void> {
    const outcome = await writeConditionally('DeleteItem', () =>
      this.#client.send(
        new DeleteItemCommand({
          TableName: this.#table,
          Key: keyAttributes(shareKey(key)),
          // An earlier call may have deleted the share and not its entry.
          ConditionExpression: 'attribute_not_exists(pk) OR #share.#linkId = :linkId',
          ExpressionAttributeNames: { '#share': 'share', '#linkId': 'linkId' },
          ExpressionAttributeValues: { ':linkId': { S: linkId } },
        }),
      ),
    );
    if (outcome === 'done') await this.#deleteItem(sharedWorkbenchKey(key));
  }

  async deleteAll(workbenchId: string): Promise<void> {
    for (const item of await this.#readPartition(workbenchId)) {
      const key = keyOfShare(item);
      // The entry of the grantee goes first: only the share names it, so that a call that is repeated finds both.
      if (key !== undefined) await this.#deleteItem(sharedWorkbenchKey(key));
      await this.#deleteItem({ pk: sharePartition(workbenchId), sk: item[TABLE.sortKey.name]?.S ?? '' });
    }
  }

  /** All items of the partition, in pages of 1 MB. */
  async #readPartition(workbenchId: string): Promise<readonly Item[]> {
    const items: Item[] = [];
    const input = () => ({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: sharePartition(workbenchId) } },
    });
    for await (const page of queryPages(this.#client, input)) items.push(...page.items);
    return items;
  }

  async #putItem(item: Item): Promise<void> {
    await callDynamoDb('PutItem', () =>
      this.#client.send(new PutItemCommand({ TableName: this.#table, Item: item })),
    );
  }

  async #deleteItem(key: ItemKey): Promise<void> {
    await callDynamoDb('DeleteItem', () =>
      this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: keyAttributes(key) })),
    );
  }
}

/** The item of a share. */
export function shareItem(share: Share): Item {
  const { workbenchId, grantee, ...stored } = share;
  return {
    ...keyAttributes(shareKey(share)),
    share: { M: marshall(stored, { removeUndefinedValues: true }) },
    ...ttlOf(share),
  };
}

/** The item by which the workbench of a share is found in the list of its grantee. */
export function sharedWorkbenchItem(share: Share): Item {
  return { ...keyAttributes(sharedWorkbenchKey(share)), ...ttlOf(share) };
}

function ttlOf({ expiresAt }: Share): Item {
  return expiresAt === undefined ? {} : { [TABLE.ttlAttribute]: { N: String(Math.ceil(expiresAt / 1000)) } };
}

/** The share of an item; nothing for the other items of its partition. */
function parseShare(item: Item): readonly Share[] {
  const key = keyOfShare(item);
  if (key === undefined) return [];
  return [{ ...key, ...storedShareSchema.parse(unmarshall(item.share?.M ?? {})) }];
}
