import { BatchWriteItemCommand, type ScanOutput } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteExpiredItems, type ExpiryScanPosition } from '#adapters/aws/dynamodb/expired-items.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { TABLE } from '#contract/table.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { aHistoryEntry, ID, idAt, stopped, T0 } from '#test/builders/workbench.ts';
import { openTableUnderTest, type TableUnderTest } from './table-under-test.ts';

describe('deleteExpiredItems', () => {
  let table: TableUnderTest;
  beforeEach(async () => {
    table = await openTableUnderTest();
  });
  afterEach(() => table.dispose());

  it('deletes items whose TTL has passed, and no others', async () => {
    const store = new DynamoWorkbenchStore(table.client, table.tableName, table.telemetry);
    const history = new DynamoHistoryStore(table.client, table.tableName, table.telemetry);
    const claims = new DynamoIdempotencyStore(table.client, table.tableName);
    await store.create(stopped());
    await history.append(ID, [aHistoryEntry(), aHistoryEntry({ seq: 2 })]);
    await history.append(idAt(T0, 2), [aHistoryEntry()]);
    await history.expire(ID, T0 + 5_000);
    const claim = { userId: 'ada', workbenchId: ID, bodyHash: 'h' };
    await claims.claim({ ...claim, key: 'old', expiresAt: T0 + 5_000 }, T0);
    await claims.claim({ ...claim, key: 'young', expiresAt: T0 + 60_000 }, T0);

    expect(await deleteExpiredItems(table.client, table.tableName, T0)).toEqual({
      deleted: 0,
      next: undefined,
    });
    expect(await deleteExpiredItems(table.client, table.tableName, T0 + 10_000)).toMatchObject({
      deleted: 3,
    });
    expect(await store.read(keyOf(stopped()))).toEqual(stopped());
    expect(await history.list(ID)).toEqual([]);
    expect(await history.list(idAt(T0, 2))).toHaveLength(1);
    const others = { ...claim, workbenchId: idAt(T0, 3), expiresAt: T0 + 90_000 };
    expect((await claims.claim({ ...others, key: 'young' }, T0 + 10_000)).claimed).toBe(false);
    expect((await claims.claim({ ...others, key: 'old' }, T0)).claimed).toBe(true);
  });

  it('keeps an idempotency key that is claimed again during the call', async () => {
    const claims = new DynamoIdempotencyStore(table.client, table.tableName);
    const claim = { userId: 'ada', key: 'k', workbenchId: ID, bodyHash: 'h' };
    const later = T0 + 60_000;
    await claims.claim({ ...claim, expiresAt: T0 + 5_000 }, T0);
    const sweeping = table.newClient();
    sweeping.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === 'DeleteItemCommand') {
          await claims.claim({ ...claim, workbenchId: idAt(T0, 2), expiresAt: later + 5_000 }, later);
        }
        return next(args);
      },
      { step: 'initialize' },
    );
    expect(await deleteExpiredItems(sweeping, table.tableName, later)).toMatchObject({ deleted: 0 });
    sweeping.destroy();
    const third = { ...claim, workbenchId: idAt(T0, 3), expiresAt: later + 5_000 };
    expect((await claims.claim(third, later)).claim.workbenchId).toBe(idAt(T0, 2));
  });

  it('scans a thousand items per call and returns where the next call continues', async () => {
    const put = (n: number) => ({
      PutRequest: {
        Item: {
          pk: { S: `item#${n}` },
          sk: { S: 'x' },
          // One of ten is expired.
          [TABLE.ttlAttribute]: { N: n % 10 === 0 ? '1' : String(T0) },
        },
      },
    });
    for (let n = 0; n < 1_200; n += 25) {
      const puts = Array.from({ length: 25 }, (_, i) => put(n + i));
      await table.client.send(new BatchWriteItemCommand({ RequestItems: { [table.tableName]: puts } }));
    }
    const scanned: unknown[] = [];
    table.client.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next(args);
        if (context.commandName === 'ScanCommand') scanned.push((result.output as ScanOutput).ScannedCount);
        return result;
      },
      { step: 'initialize' },
    );
    const deleted: number[] = [];
    let position: ExpiryScanPosition;
    do {
      const sweep = await deleteExpiredItems(table.client, table.tableName, T0, position);
      deleted.push(sweep.deleted);
      position = sweep.next;
    } while (position !== undefined);
    expect(scanned).toEqual([1_000, 200]);
    expect(deleted).toHaveLength(2);
    expect(deleted.reduce((sum, each) => sum + each, 0)).toBe(120);
  });
});
