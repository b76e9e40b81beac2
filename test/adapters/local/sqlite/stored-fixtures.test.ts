import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { keyOfItem } from '#adapters/aws/dynamodb/keys.ts';
import { parseWorkbench } from '#adapters/aws/dynamodb/record.ts';
import { parseRecordRow, toRecordRow } from '#adapters/local/sqlite/record-row.ts';
import { historyEntrySchema } from '#core/workbench/history.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { fixtureSets, readItems } from '#test/fixtures/records/fixture-sets.ts';
import { openStoresForTest } from './open-stores.ts';

/** What each version of the controller stored, as `npm run local:import` reads it from a table and writes it to SQLite. */
describe.each(fixtureSets())('an item of the fixtures %s', (set) => {
  const items = [...readItems(set)];
  const records = items.filter(([, item]) => keyOfItem(item) !== undefined);

  it.each(records)('is the same record in a row: %s', async (_, item) => {
    const { workbenches } = openStoresForTest(':memory:');
    const key = keyOfItem(item) ?? { userId: '', workbenchId: '' };
    const workbench = { ...parseWorkbench(key, item), fieldOfALaterVersion: { nested: 1 } };
    expect(await workbenches.create(workbench)).toBe('created');
    expect(await workbenches.read(key)).toEqual(workbench);
    expect(parseRecordRow(keyOf(workbench), toRecordRow(workbench))).toEqual(workbench);
  });

  it('is the same entry in a history', async () => {
    const { history } = openStoresForTest(':memory:');
    const item = items.find(([name]) => name === 'history-entry')?.[1];
    const stored = {
      ...unmarshall(item?.entry?.M ?? {}),
      fieldOfALaterVersion: 'kept',
      type: 'of_a_later_version',
    };
    const entry = historyEntrySchema.parse(stored);
    await history.append('workbench', [entry]);
    expect(await history.list('workbench')).toEqual([entry]);
  });
});
