import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { tableClient } from '#adapters/aws/dynamodb/client.ts';
import { createTableInput } from '#contract/table.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { connectionTo, uniqueName } from '../connection.ts';

/** An empty table on ministack, with a client of its own. */
export async function tableOnMinistack() {
  const client = tableClient(connectionTo('ministack'));
  const tableName = uniqueName('workbenches-');
  await client.send(new CreateTableCommand(createTableInput(tableName)));
  await eventually(waitRealStep, 'the table is there', () => isActive(client, tableName));
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
