/**
 * The definition of the table, for the CDK stack, the stores, and local mode with WB_TABLE_ENDPOINT. It imports nothing,
 * so that each of them can use it.
 *
 * | pk | sk | item |
 * |---|---|---|
 * | `user#<user id>` | `workbench#<workbench id>` | the record of a workbench |
 * | `user#<user id>` | `idempotency#<key>` | an idempotency claim; expires |
 * | `user#<user id>` | `starts#<minute>` | the number of starts of the user in this minute; expires |
 * | `history#<workbench id>` | sequence number, padded | a history entry, and its workbench event as JSON; expires after the workbench is deleted |
 * | `activity#<workbench id>` | `activity` | when a person last used the workbench; expires |
 * | `activity#<workbench id>` | `run#<run id>` | what programs reported of the use of this run; expires |
 * | `ticket#<hash of its secret>` | `ticket` | a ticket that was not used; expires |
 * | `cutoff#<user id>` | `cutoff` | the cutoffs of the user; expires |
 * | `share#<workbench id>` | key of the grantee | a share of the workbench; expires if it has an end |
 * | `share#<workbench id>` | `link#<link id>` | a link that gives shares of the workbench; expires |
 * | `grantee#<key of the grantee>` | workbench id | that a workbench is shared with the grantee; gives no right; expires with the share |
 * | `audit-day#<yyyy-mm-dd>` | time#id | an audit event; expires |
 * | `audit-user#<user id>` | time#id | a copy of an audit event that concerns the user; expires |
 * | `audit-workbench#<workbench id>` | time#id | a copy of an audit event that concerns the workbench; expires |
 * | `audit-once#<id>` | `once` | that an audit event was appended once; expires |
 * | `moved#<workbench id>` | `moved` | the present owner of a workbench whose owner has changed; expires |
 * | `usage#<user id>` | month#workbench id#number | what a workbench has cost the user in the month; expires |
 * | `quota-installation` | `limits` | the limits of every user of the installation |
 * | `quota-group#<group>` | `limits` | the limits of every user of the group |
 * | `quota-user#<user id>` | `limits` | the limits of the user |
 * | `quota-ledger#<shard>` | user id | what the workbenches of the user hold |
 * | `quota-users#<shard>` | user id | the user has had a workbench, and their groups |
 * | `system#reports` | time#sweep | the report of a sweep; expires |
 * | `system#free-capacity` | container instance id | the free capacity of a shared instance; expires |
 * | `system#drains` | machine id | an operator empties the machine |
 *
 * The key of a grantee is `user#<encoded id>`, `group#<encoded name>` or `organisation` (core/access/grantee.ts).
 *
 * Items that expire have the TTL attribute. The indexes are sparse (only records have their attributes) and project
 * keys only. They are eventually consistent, so the controller reads the record before it acts on a result.
 */
export const TABLE = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
  /** Seconds since 1970. DynamoDB deletes an item within a few days after this time. */
  ttlAttribute: 'expires_at',
} as const;

/** The attribute of a history entry that has its workbench event, and the beginning of the partition keys of entries. */
export const EVENT_ATTRIBUTE = 'event';
export const HISTORY_PREFIX = 'history#';

/**
 * - `byWorkbench`: finds the owner of a workbench
 * - `byInstance`: finds the workbench of a host by its instance id
 * - `due`: records with a due time, sorted by it (milliseconds since 1970), in DUE_SHARDS partitions
 * - `active`: records with a run, a host or a transition, in ACTIVE_SHARDS partitions
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
 * The number of partitions of an index; a hash of the workbench id selects one. A partition accepts 1,000 writes per
 * second. A sweep of the due index makes one Query call per partition, even if nothing is due. A higher number is safe
 * at any time, since readers query all lower numbers too. A lower number hides records until they are written again.
 */
export const DUE_SHARDS = 4;
export const ACTIVE_SHARDS = 4;

/**
 * The number of partitions of the ledgers, and of the users; a hash of the user id selects one. Never change it: they would not be found.
 * 16 partitions accept 16,000 writes per second.
 */
export const LEDGER_SHARDS = 16;

export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N';
}

export interface IndexDefinition {
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute;
}

/** The input of CreateTable, for local mode with WB_TABLE_ENDPOINT and for tests. It has the structure of the AWS SDK's CreateTableCommandInput. */
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
