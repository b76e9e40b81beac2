import { deleteExpiredItems } from '#adapters/aws/dynamodb/expired-items.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { describeHistoryStoreContract } from '#test/contracts/history-store.ts';
import { openTableUnderTest } from './table-under-test.ts';

describeHistoryStoreContract('DynamoHistoryStore', async () => {
  const table = await openTableUnderTest();
  return {
    store: new DynamoHistoryStore(table.client, table.tableName, table.telemetry),
    sweep: async (now) => {
      await deleteExpiredItems(table.client, table.tableName, now);
    },
    dispose: table.dispose,
  };
});
