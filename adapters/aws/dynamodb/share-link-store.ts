import { randomUUID } from 'node:crypto';
import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '#contract/table.ts';
import {
  LINK_KEPT_MS,
  type RedeemedShare,
  type ShareLink,
  type ShareLinkKey,
  type ShareLinkStore,
  storedLinkSchema,
} from '#core/ports/share-link-store.ts';
import { callDynamoDb, transactOrConflict } from './errors.ts';
import { type Item, keyAttributes, LINK_PREFIX, linkKey, sharePartition } from './keys.ts';
import { sharedWorkbenchItem, shareItem } from './share-store.ts';

/** Links in DynamoDB: one item each, in the partition of the shares of the workbench. */
export class DynamoShareLinkStore implements ShareLinkStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async create(link: ShareLink): Promise<void> {
    await this.#putItem(linkItem(link));
  }

  async read(key: ShareLinkKey): Promise<ShareLink | undefined> {
    const { Item } = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({
          TableName: this.#table,
          Key: keyAttributes(linkKey(key)),
          ConsistentRead: true,
        }),
      ),
    );
    return Item === undefined ? undefined : parseLink(key.workbenchId, Item);
  }

  /** A workbench has few links: they are one page. */
  async listByWorkbench(workbenchId: string): Promise<readonly ShareLink[]> {
    const { Items = [] } = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :link)',
          ExpressionAttributeValues: {
            ':pk': { S: sharePartition(workbenchId) },
            ':link': { S: LINK_PREFIX },
          },
        }),
      ),
    );
    return Items.map((item) => parseLink(workbenchId, item));
  }

  async redeem(link: ShareLink, { share, replaces }: RedeemedShare): Promise<'done' | 'refused'> {
    const { usesLeft } = link;
    if (usesLeft < 1) return 'refused';
    // As with every share, the entry in the list of the grantee comes first. It gives no right.
    await this.#putItem(sharedWorkbenchItem(share));
    const command = new TransactWriteItemsCommand({
      ClientRequestToken: randomUUID(),
      TransactItems: [
        {
          Put: {
            TableName: this.#table,
            Item: linkItem({ ...link, usesLeft: usesLeft - 1 }),
            // Without the item there is no attribute to compare.
            ConditionExpression: 'uses_left = :read',
            ExpressionAttributeValues: { ':read': { N: String(usesLeft) } },
          },
        },
        {
          Put: {
            TableName: this.#table,
            Item: shareItem(share),
            ...(replaces === undefined
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#share.#createdAt = :createdAt',
                  ExpressionAttributeNames: { '#share': 'share', '#createdAt': 'createdAt' },
                  ExpressionAttributeValues: { ':createdAt': { N: String(replaces.createdAt) } },
                }),
          },
        },
      ],
    });
    return await transactOrConflict(() => this.#client.send(command));
  }

  async delete(key: ShareLinkKey): Promise<void> {
    await callDynamoDb('DeleteItem', () =>
      this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: keyAttributes(linkKey(key)) })),
    );
  }

  async #putItem(item: Item): Promise<void> {
    await callDynamoDb('PutItem', () =>
      this.#client.send(new PutItemCommand({ TableName: this.#table, Item: item })),
    );
  }
}

/** The item of a link. */
export function linkItem(link: ShareLink): Item {
  const { workbenchId, linkId, usesLeft, ...stored } = link;
  return {
    ...keyAttributes(linkKey({ workbenchId, linkId })),
    link: { M: marshall(stored, { removeUndefinedValues: true }) },
    uses_left: { N: String(usesLeft) },
    [TABLE.ttlAttribute]: { N: String(Math.ceil((link.redeemableUntil + LINK_KEPT_MS) / 1000)) },
  };
}

function parseLink(workbenchId: string, item: Item): ShareLink {
  return {
    workbenchId,
    linkId: (item[TABLE.sortKey.name]?.S ?? '').slice(LINK_PREFIX.length),
    ...storedLinkSchema.parse(unmarshall(item.link?.M ?? {})),
    usesLeft: Number(item.uses_left?.N),
  };
}
