import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import {
  type CapacityVersion,
  FREE_CAPACITY_LISTED_MAX,
  FREE_CAPACITY_MAX_AGE_MS,
  type FreeCapacityStore,
  type InstanceFreeCapacity,
} from '#core/ports/free-capacity-store.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { FREE_CAPACITY_PARTITION, freeCapacityKey, type Item, keyAttributes } from './keys.ts';

/**
 * Free capacity in DynamoDB: one small item per shared instance, all in one partition, so that a list is one Query. A
 * removed instance leaves an item with its version until FREE_CAPACITY_MAX_AGE_MS has passed, so that a stale report
 * cannot bring the instance back.
 */
export class DynamoFreeCapacityStore implements FreeCapacityStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async save(capacity: InstanceFreeCapacity): Promise<void> {
    const { provider, cpuUnits, memoryMib, gpuCount, interfaces } = capacity;
    await this.#put(capacity, {
      provider: { S: provider },
      cpu_units: { N: String(cpuUnits) },
      memory_mib: { N: String(memoryMib) },
      gpu_count: { N: String(gpuCount) },
      interfaces: { N: String(interfaces) },
    });
  }

  async remove(instance: CapacityVersion): Promise<void> {
    await this.#put(instance, {});
  }

  /** An item has about 170 bytes and 4 KB cost half a read unit, so FREE_CAPACITY_LISTED_MAX items cost less than 20 units. */
  async list(now: number): Promise<readonly InstanceFreeCapacity[]> {
    const response = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          Limit: FREE_CAPACITY_LISTED_MAX,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: 'attribute_exists(provider) AND observed_at > :before',
          ExpressionAttributeValues: {
            ':pk': { S: FREE_CAPACITY_PARTITION },
            ':before': { N: String(now - FREE_CAPACITY_MAX_AGE_MS) },
          },
        }),
      ),
    );
    return (response.Items ?? []).map(parseFreeCapacity);
  }

  async #put({ containerInstanceId, version, at }: CapacityVersion, attributes: Item): Promise<void> {
    // `refused` and `unclear` both mean that the table has this version or a newer one.
    await writeConditionally('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(freeCapacityKey(containerInstanceId)),
            ...attributes,
            observed_version: { N: String(version) },
            observed_at: { N: String(at) },
            [TABLE.ttlAttribute]: { N: String(Math.ceil((at + FREE_CAPACITY_MAX_AGE_MS) / 1000)) },
          },
          ConditionExpression: 'attribute_not_exists(pk) OR observed_version < :version',
          ExpressionAttributeValues: { ':version': { N: String(version) } },
        }),
      ),
    );
  }
}

function parseFreeCapacity(item: Item): InstanceFreeCapacity {
  const number = (name: string) => Number(item[name]?.N);
  return {
    containerInstanceId: item[TABLE.sortKey.name]?.S ?? '',
    provider: item.provider?.S ?? '',
    cpuUnits: number('cpu_units'),
    memoryMib: number('memory_mib'),
    gpuCount: number('gpu_count'),
    // Older versions did not store it. At least one is assumed, as they did.
    interfaces: Number(item.interfaces?.N ?? 1),
    version: number('observed_version'),
    at: number('observed_at'),
  };
}
