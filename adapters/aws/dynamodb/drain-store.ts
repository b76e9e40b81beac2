import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import {
  DRAINS_MAX,
  type DrainStore,
  type MachineDrain,
  machineDrainSchema,
} from '#core/ports/drain-store.ts';
import { callDynamoDb } from './errors.ts';
import { DRAINS_PARTITION, drainKey, keyAttributes } from './keys.ts';

/** Drains in DynamoDB: one item per machine, all in one partition, so that a list is one Query of at most half a read unit for 20. */
export class DynamoDrainStore implements DrainStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async put(drain: MachineDrain): Promise<void> {
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: {
        ...keyAttributes(drainKey(drain.machineId)),
        drain: { M: marshall(drain, { removeUndefinedValues: true }) },
      },
    });
    await callDynamoDb('PutItem', () => this.#client.send(command));
  }

  async remove(machineId: string): Promise<void> {
    const command = new DeleteItemCommand({
      TableName: this.#table,
      Key: keyAttributes(drainKey(machineId)),
    });
    await callDynamoDb('DeleteItem', () => this.#client.send(command));
  }

  async list(): Promise<readonly MachineDrain[]> {
    const command = new QueryCommand({
      TableName: this.#table,
      ConsistentRead: true,
      Limit: DRAINS_MAX,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: DRAINS_PARTITION } },
    });
    const { Items = [] } = await callDynamoDb('Query', () => this.#client.send(command));
    return Items.map((item) => machineDrainSchema.parse(unmarshall(item.drain?.M ?? {})));
  }
}
