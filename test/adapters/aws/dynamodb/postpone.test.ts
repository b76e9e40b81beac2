import { afterEach, describe, expect, it } from 'vitest';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { running, starting, T0 } from '#test/builders/workbench.ts';
import { openTableUnderTest } from './table-under-test.ts';

const HOUR = 3_600_000;
let dispose: (() => Promise<void>) | undefined;
afterEach(() => dispose?.());

async function openStore() {
  const table = await openTableUnderTest();
  dispose = table.dispose;
  return new DynamoWorkbenchStore(table.client, table.tableName, table.telemetry);
}

describe('a postponed record', () => {
  it('is not due before the new time, and otherwise unchanged', async () => {
    const store = await openStore();
    await store.create(starting());
    await store.postpone(keyOf(starting()), T0, T0 + HOUR);
    expect(await store.listDue(T0 + HOUR - 1, 10)).toEqual([]);
    expect(await store.listDue(T0 + HOUR, 10)).toEqual([keyOf(starting())]);
    expect(await store.read(keyOf(starting()))).toEqual(starting());
  });

  it('is unchanged if it is settled, due later or no longer exists', async () => {
    const store = await openStore();
    await store.postpone(keyOf(starting()), T0, T0 + HOUR);
    expect(await store.read(keyOf(starting()))).toBeUndefined();
    await store.create(starting({ nextDriveAt: T0 + 5 }));
    await store.postpone(keyOf(starting()), T0, T0 + HOUR);
    expect(await store.listDue(T0 + 5, 10)).toEqual([keyOf(starting())]);
    await store.update(running({ revision: 2 }), 1);
    await store.postpone(keyOf(starting()), T0 + 10, T0 + HOUR);
    expect(await store.listDue(T0 + 2 * HOUR, 10)).toEqual([]);
  });
});
