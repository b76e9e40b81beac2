import { DynamoActivityStore } from '#adapters/aws/dynamodb/activity-store.ts';
import { DynamoAuditStore } from '#adapters/aws/dynamodb/audit-store.ts';
import { DynamoDrainStore } from '#adapters/aws/dynamodb/drain-store.ts';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoQuotaStore } from '#adapters/aws/dynamodb/quota-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoSessionCutoffStore } from '#adapters/aws/dynamodb/session-cutoff-store.ts';
import { DynamoShareLinkStore } from '#adapters/aws/dynamodb/share-link-store.ts';
import { DynamoShareStore } from '#adapters/aws/dynamodb/share-store.ts';
import { DynamoStartRateStore } from '#adapters/aws/dynamodb/start-rate-store.ts';
import { DynamoStartTimesStore } from '#adapters/aws/dynamodb/start-times-store.ts';
import { DynamoTicketStore } from '#adapters/aws/dynamodb/ticket-store.ts';
import { DynamoUsageStore } from '#adapters/aws/dynamodb/usage-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { describeActivityStoreContract } from '#test/contracts/activity-store.ts';
import { describeAuditStoreContract } from '#test/contracts/audit-store.ts';
import { describeDrainStoreContract } from '#test/contracts/drain-store.ts';
import { describeFreeCapacityStoreContract } from '#test/contracts/free-capacity-store.ts';
import { describeIdempotencyStoreContract } from '#test/contracts/idempotency-store.ts';
import { describeQuotaStoreContract } from '#test/contracts/quota-store.ts';
import { describeReportStoreContract } from '#test/contracts/report-store.ts';
import { describeSessionCutoffStoreContract } from '#test/contracts/session-cutoff-store.ts';
import { describeShareLinkStoreContract } from '#test/contracts/share-link-store.ts';
import { describeShareStoreContract } from '#test/contracts/share-store.ts';
import { describeStartRateStoreContract } from '#test/contracts/start-rate-store.ts';
import { describeStartTimesStoreContract } from '#test/contracts/start-times-store.ts';
import { describeSweepStarterContract } from '#test/contracts/sweep-starter.ts';
import { describeTicketStoreContract } from '#test/contracts/ticket-store.ts';
import { describeUsageStoreContract } from '#test/contracts/usage-store.ts';
import { describeWorkbenchStoreContract } from '#test/contracts/workbench-store.ts';
import { sweepStarterOn } from './sweep-starter-on.ts';
import { openTableUnderTest, putRawRecord } from './table-under-test.ts';

describeWorkbenchStoreContract('DynamoWorkbenchStore', async () => {
  const table = await openTableUnderTest();
  return {
    store: new DynamoWorkbenchStore(table.client, table.tableName, table.telemetry),
    claims: new DynamoIdempotencyStore(table.client, table.tableName),
    usage: new DynamoUsageStore(table.client, table.tableName),
    plant: (key, raw) => putRawRecord(table, key, raw),
    reported: () => table.telemetry.errors.map(({ fields }) => String(fields.workbenchId)),
    dispose: table.dispose,
  };
});

describeReportStoreContract('DynamoReportStore', async () => {
  const table = await openTableUnderTest();
  return {
    store: new DynamoReportStore(table.client, table.tableName, table.telemetry),
    dispose: table.dispose,
  };
});

describeIdempotencyStoreContract('DynamoIdempotencyStore', async () => {
  const table = await openTableUnderTest();
  return {
    store: new DynamoIdempotencyStore(table.client, table.tableName),
    dispose: table.dispose,
  };
});

describeStartRateStoreContract('DynamoStartRateStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoStartRateStore(table.client, table.tableName), dispose: table.dispose };
});

describeStartTimesStoreContract('DynamoStartTimesStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoStartTimesStore(table.client, table.tableName), dispose: table.dispose };
});

describeTicketStoreContract('DynamoTicketStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoTicketStore(table.client, table.tableName), dispose: table.dispose };
});

describeSessionCutoffStoreContract('DynamoSessionCutoffStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoSessionCutoffStore(table.client, table.tableName), dispose: table.dispose };
});

describeShareStoreContract('DynamoShareStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoShareStore(table.client, table.tableName), dispose: table.dispose };
});

describeShareLinkStoreContract('DynamoShareLinkStore', async () => {
  const table = await openTableUnderTest();
  return {
    store: new DynamoShareLinkStore(table.client, table.tableName),
    shares: new DynamoShareStore(table.client, table.tableName),
    dispose: table.dispose,
  };
});

describeActivityStoreContract('DynamoActivityStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoActivityStore(table.client, table.tableName), dispose: table.dispose };
});

describeFreeCapacityStoreContract('DynamoFreeCapacityStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoFreeCapacityStore(table.client, table.tableName), dispose: table.dispose };
});

describeAuditStoreContract('DynamoAuditStore', async () => {
  const { client, tableName, telemetry, dispose } = await openTableUnderTest();
  return { store: new DynamoAuditStore(client, { tableName, retentionDays: 90, telemetry }), dispose };
});

describeDrainStoreContract('DynamoDrainStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoDrainStore(table.client, table.tableName), dispose: table.dispose };
});

describeSweepStarterContract('LambdaSweepStarter', async () => sweepStarterOn(await openTableUnderTest()));

describeUsageStoreContract('DynamoUsageStore', async () => {
  const table = await openTableUnderTest();
  return { store: new DynamoUsageStore(table.client, table.tableName), dispose: table.dispose };
});
describeQuotaStoreContract(
  'DynamoQuotaStore',
  async () => {
    const table = await openTableUnderTest();
    return { store: new DynamoQuotaStore(table.client, table.tableName), dispose: table.dispose };
  },
  { bursts: 10 },
);
