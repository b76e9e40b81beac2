import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '#contract/table.ts';
import {
  USAGE_RETENTION_MS,
  type UsageEntry,
  type UsageStore,
  usageEntrySchema,
} from '#core/ports/usage-store.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { type Item, keyAttributes, usageKey, usageRange } from './keys.ts';

/** Usage in DynamoDB: one item per entry, in a partition per user, sorted by month, workbench and number. */
export class DynamoUsageStore implements UsageStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async save(entries: readonly UsageEntry[]): Promise<void> {
    for (const entry of entries) {
      const command = new PutItemCommand({
        TableName: this.#table,
        Item: toUsageItem(entry),
        // The number of a retry is the same, so that it replaces its own item.
        ConditionExpression: 'attribute_not_exists(pk) OR #usage.#revision <= :revision',
        ExpressionAttributeNames: { '#usage': 'usage', '#revision': 'revision' },
        ExpressionAttributeValues: { ':revision': { N: String(entry.revision) } },
      });
      await writeConditionally('PutItem', () => this.#client.send(command));
    }
  }

  async list(
    userId: string,
    month: string,
    { limit, after }: { readonly limit: number; readonly after?: string },
  ): Promise<readonly UsageEntry[]> {
    const { partition, from, to } = usageRange(userId, month, after);
    const { Items = [] } = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': { S: partition }, ':from': { S: from }, ':to': { S: to } },
          ScanIndexForward: false,
          Limit: limit,
        }),
      ),
    );
    return Items.map((item) => usageEntrySchema.parse(unmarshall(item.usage?.M ?? {})));
  }
}

export function toUsageItem(entry: UsageEntry): Item {
  const expiresAt = (Date.parse(`${entry.month}-01T00:00:00Z`) + USAGE_RETENTION_MS) / 1000;
  return {
    ...keyAttributes(usageKey(entry)),
    usage: { M: marshall(entry) },
    [TABLE.ttlAttribute]: { N: String(expiresAt) },
  };
}
