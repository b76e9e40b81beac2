import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { type MachineRoom, ROOM_KEPT_MS, ROOM_LISTED, type RoomStore } from '#core/ports/free-capacity-store.ts';
import { callDynamoDb, conditionally } from './errors.ts';
import { type Item, keyAttributes, ROOM_PARTITION, roomKey } from './keys.ts';
import { TABLE } from '#contract/table.ts';

type CapacityVersion = Pick<MachineRoom, 'machineId' | 'version' | 'at'>;

/**
 * Room in DynamoDB: one small item for each machine, all in one partition, so that a list is one Query. What is
 * forgotten leaves its version behind for as long as a note would count, and no older word can bring it back.
 */
export class DynamoRoomStore implements RoomStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async save(capacity: MachineRoom): Promise<void> {
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
  async list(now: number): Promise<readonly MachineRoom[]> {
    const answer = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          Limit: ROOM_LISTED,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: 'attribute_exists(provider) AND seen_at > :before',
          ExpressionAttributeValues: {
            ':pk': { S: ROOM_PARTITION },
            ':before': { N: String(now - ROOM_KEPT_MS) },
          },
        }),
      ),
    );
    return (answer.Items ?? []).map(parseFreeCapacity);
  }

  async #put({ machineId, version, at }: CapacityVersion, attributes: Item): Promise<void> {
    // A failed condition, clear or not, means that this word or a newer one is there.
    await conditionally('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(roomKey(machineId)),
            ...attributes,
            seen_version: { N: String(version) },
            seen_at: { N: String(at) },
            [TABLE.ttlAttribute]: { N: String(Math.ceil((at + ROOM_KEPT_MS) / 1000)) },
          },
          ConditionExpression: 'attribute_not_exists(pk) OR seen_version < :version',
          ExpressionAttributeValues: { ':version': { N: String(version) } },
        }),
      ),
    );
  }
}

function parseFreeCapacity(item: Item): MachineRoom {
  const number = (name: string) => Number(item[name]?.N);
  return {
    machineId: item[TABLE.sortKey.name]?.S ?? '',
    provider: item.provider?.S ?? '',
    cpuUnits: number('cpu_units'),
    memoryMib: number('memory_mib'),
    gpuCount: number('gpu_count'),
    version: number('seen_version'),
    at: number('seen_at'),
  };
}
