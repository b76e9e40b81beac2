import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import {
  FREE_CAPACITY_LISTED_MAX,
  FREE_CAPACITY_MAX_AGE_MS,
  type FreeCapacityStore,
  type InstanceFreeCapacity,
} from '#core/ports/free-capacity-store.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import { FREE_CAPACITY_PARTITION, freeCapacityKey, type Item, keyAttributes } from './keys.ts';

type CapacityVersion = Pick<InstanceFreeCapacity, 'containerInstanceId' | 'version' | 'at'>;

/**
 * Room in DynamoDB: one small item for each machine, all in one partition, so that a list is one Query. What is
 * forgotten leaves its version behind for as long as a note would count, and no older word can bring it back.
 */
export class DynamoFreeCapacityStore implements FreeCapacityStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async save(capacity: InstanceFreeCapacity): Promise<void> {
    const { provider, cpuUnits, memoryMib, gpuCount } = capacity;
    await this.#put(capacity, {
      provider: { S: provider },
      cpu_units: { N: String(cpuUnits) },
      memory_mib: { N: String(memoryMib) },
      gpu_count: { N: String(gpuCount) },
    });
  }

  async remove(instance: CapacityVersion): Promise<void> {
    await this.#put(instance, {});
  }

  /** About 150 bytes a machine and half a read unit for 4 KB: under 20 units for as many as are listed. */
  async list(now: number): Promise<readonly InstanceFreeCapacity[]> {
    const answer = await callDynamoDb('Query', () =>
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
    return (answer.Items ?? []).map(parseFreeCapacity);
  }

  async #put({ containerInstanceId, version, at }: CapacityVersion, attributes: Item): Promise<void> {
    // A failed condition, clear or not, means that this word or a newer one is there.
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
    version: number('observed_version'),
    at: number('observed_at'),
  };
}
