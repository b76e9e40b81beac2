import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { createTableInput } from '#contract/table.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { connectionTo, type EmulatorName, uniqueName } from '../connection.ts';

/** Creates an empty table on an emulator, with its own client. */
export async function createTableOn(emulator: EmulatorName) {
  const client = createTableClient(connectionTo(emulator));
  const tableName = uniqueName('workbenches-');
  await client.send(new CreateTableCommand(createTableInput(tableName)));
  await eventually(waitRealStep, 'the table is active', () => isActive(client, tableName));
  return {
    client,
    tableName,
    async dispose() {
      await client.send(new DeleteTableCommand({ TableName: tableName }));
      client.destroy();
    },
  };
}

async function isActive(client: DynamoDBClient, tableName: string): Promise<boolean> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  return Table?.TableStatus === 'ACTIVE';
}
