import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import type { MetricCount, Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';

/** An empty embedded table in memory, with its own client. */
export interface TableUnderTest {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly telemetry: RecordedTelemetry;
  /** Opens another client. The caller must call `destroy()`. */
  newClient(): DynamoDBClient;
  dispose(): Promise<void>;
}

export async function openTableUnderTest(): Promise<TableUnderTest> {
  const table = await openEmbeddedTable();
  const client = createTableClient(table.clientOptions);
  return {
    client,
    tableName: table.tableName,
    telemetry: new RecordedTelemetry(),
    newClient: () => createTableClient(table.clientOptions),
    async dispose() {
      client.destroy();
      await table.close();
    },
  };
}

/** Writes any value as the record of `key`. */
export async function putRawRecord(
  table: Pick<TableUnderTest, 'client' | 'tableName'>,
  key: WorkbenchKey,
  raw: unknown,
): Promise<void> {
  const { record } = marshall({ record: raw }, { removeUndefinedValues: true });
  if (record === undefined) throw new Error('there is no value to write');
  await table.client.send(
    new PutItemCommand({ TableName: table.tableName, Item: { ...keyAttributes(recordKey(key)), record } }),
  );
}

export class RecordedTelemetry implements Telemetry {
  readonly errors: { message: string; fields: TelemetryFields }[] = [];
  readonly counts: { metric: string; value: number }[] = [];

  info(): void {}
  warn(): void {}
  error(message: string, fields: TelemetryFields = {}): void {
    this.errors.push({ message, fields });
  }
  count(...[metric, value]: MetricCount): void {
    this.counts.push({ metric, value });
  }
}
