/**
 * The one definition of the table. Plain data, free of the AWS SDK and of everything else, so that the CDK
 * stack, the store and the embedded table of local mode all read the same.
 *
 * | pk | sk | what |
 * |---|---|---|
 * | `user#<user id>` | `workbench#<workbench id>` | a workbench's record |
 * | `user#<user id>` | `idempotency#<key>` | an idempotency claim; has the TTL attribute |
 * | `history#<workbench id>` | sequence number, padded | a line of history; has the TTL attribute after a destroy |
 * | `system#reports` | time#sweep | a report of the reconciler; has the TTL attribute |
 * | `system#free-capacity` | container instance id | what a shared machine has left; has the TTL attribute |
 *
 * The indexes are sparse (only records carry their attributes) and project keys alone: what they answer is a
 * hint, whoever acts on it reads the record first.
 */
export const TABLE = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
  /** Seconds since 1970; DynamoDB removes an item some time (up to days) after it. */
  ttlAttribute: 'expires_at',
} as const;

/**
 * - `byWorkbench`: whose workbench is this?
 * - `byInstance`: to which workbench does this dedicated instance belong?
 * - `due`: the unsettled, by the time of the next look (milliseconds since 1970), spread over DUE_SHARDS
 * - `active`: what has a run or a host or is in transition, spread over ACTIVE_SHARDS
 */
export const INDEXES = {
  byWorkbench: { name: 'by-workbench', partitionKey: { name: 'ix_workbench', type: 'S' } },
  byInstance: { name: 'by-instance', partitionKey: { name: 'ix_instance', type: 'S' } },
  due: {
    name: 'due',
    partitionKey: { name: 'ix_due_shard', type: 'S' },
    sortKey: { name: 'ix_due_at', type: 'N' },
  },
  active: {
    name: 'active',
    partitionKey: { name: 'ix_active_shard', type: 'S' },
    sortKey: { name: 'ix_workbench', type: 'S' },
  },
} as const satisfies Record<string, IndexDefinition>;

/**
 * Into how many partitions an index is spread by a hash of the workbench id. An index partition takes 1,000
 * writes a second; a pass over the due index costs one query per shard, even when nothing is due. Raising
 * one is safe at any time (readers see all the smaller numbers); lowering it hides records until they are
 * written again.
 */
export const DUE_SHARDS = 4;
export const ACTIVE_SHARDS = 4;

export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N';
}

export interface IndexDefinition {
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute;
}

/** CreateTable's input, for the embedded table; structurally the AWS SDK's CreateTableCommandInput. */
export function createTableInput(tableName: string): CreateTableInput {
  const indexes: readonly IndexDefinition[] = Object.values(INDEXES);
  const attributes = new Map<string, 'S' | 'N'>();
  for (const { partitionKey, sortKey } of [TABLE, ...indexes]) {
    attributes.set(partitionKey.name, partitionKey.type);
    if (sortKey !== undefined) attributes.set(sortKey.name, sortKey.type);
  }
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: keySchema(TABLE),
    GlobalSecondaryIndexes: indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index),
      Projection: { ProjectionType: 'KEYS_ONLY' },
    })),
  };
}

interface CreateTableInput {
  TableName: string;
  BillingMode: 'PAY_PER_REQUEST';
  AttributeDefinitions: { AttributeName: string; AttributeType: 'S' | 'N' }[];
  KeySchema: KeySchemaElement[];
  GlobalSecondaryIndexes: {
    IndexName: string;
    KeySchema: KeySchemaElement[];
    Projection: { ProjectionType: 'KEYS_ONLY' };
  }[];
}

interface KeySchemaElement {
  AttributeName: string;
  KeyType: 'HASH' | 'RANGE';
}

function keySchema(keys: { partitionKey: KeyAttribute; sortKey?: KeyAttribute }): KeySchemaElement[] {
  const schema: KeySchemaElement[] = [{ AttributeName: keys.partitionKey.name, KeyType: 'HASH' }];
  if (keys.sortKey !== undefined) schema.push({ AttributeName: keys.sortKey.name, KeyType: 'RANGE' });
  return schema;
}
