import { deleteExpiredItems } from '#adapters/aws/dynamodb/expired-items.ts';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoStartRateStore } from '#adapters/aws/dynamodb/start-rate-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { putRawRecord, RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { describeFreeCapacityStoreContract } from '#test/contracts/free-capacity-store.ts';
import { describeHistoryStoreContract } from '#test/contracts/history-store.ts';
import { describeIdempotencyStoreContract } from '#test/contracts/idempotency-store.ts';
import { describeReportStoreContract } from '#test/contracts/report-store.ts';
import { describeStartRateStoreContract } from '#test/contracts/start-rate-store.ts';
import { describeWorkbenchStoreContract } from '#test/contracts/workbench-store.ts';
import { createTableOnMinistack } from './table.ts';

/**
 * The contract suites on ministack's DynamoDB; `npm test` runs them on dynalite. They do not run on
 * moto's: its conditional writes are not atomic, so that of a hundred concurrent writes two may succeed.
 */
describeWorkbenchStoreContract('DynamoWorkbenchStore on ministack', async () => {
  const table = await createTableOnMinistack();
  const telemetry = new RecordedTelemetry();
  return {
    store: new DynamoWorkbenchStore(table.client, table.tableName, telemetry),
    plant: (key, raw) => putRawRecord(table, key, raw),
    reported: () => telemetry.errors.map(({ fields }) => String(fields.workbenchId)),
    dispose: table.dispose,
  };
});

describeHistoryStoreContract('DynamoHistoryStore on ministack', async () => {
  const table = await createTableOnMinistack();
  return {
    store: new DynamoHistoryStore(table.client, table.tableName, new RecordedTelemetry()),
    // No emulator lets a test control the TTL. The test deletes expired items as local mode does.
    sweep: async (now) => {
      await deleteExpiredItems(table.client, table.tableName, now);
    },
    dispose: table.dispose,
  };
});

describeReportStoreContract('DynamoReportStore on ministack', async () => {
  const table = await createTableOnMinistack();
  return {
    store: new DynamoReportStore(table.client, table.tableName, new RecordedTelemetry()),
    dispose: table.dispose,
  };
});

describeIdempotencyStoreContract('DynamoIdempotencyStore on ministack', async () => {
  const table = await createTableOnMinistack();
  return {
    store: new DynamoIdempotencyStore(table.client, table.tableName),
    dispose: table.dispose,
  };
});

describeStartRateStoreContract('DynamoStartRateStore on ministack', async () => {
  const table = await createTableOnMinistack();
  return { store: new DynamoStartRateStore(table.client, table.tableName), dispose: table.dispose };
});

describeFreeCapacityStoreContract('DynamoFreeCapacityStore on ministack', async () => {
  const table = await createTableOnMinistack();
  return { store: new DynamoFreeCapacityStore(table.client, table.tableName), dispose: table.dispose };
});
