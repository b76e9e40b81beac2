import { describe, expect, it } from 'vitest';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { ACTIVE_RECORDS_MAX, readActiveRecords } from '#core/workbench/active-records.ts';
import { keyOf, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { idAt, running, T0 } from '#test/builders/workbench.ts';

const RECORDS = [1, 2, 3].map((n) => running({ workbenchId: idAt(T0, n) }));

describe('the active records', () => {
  it('are read over all pages, each once, without those that are gone or unreadable', async () => {
    const [first, second, third] = RECORDS as [(typeof RECORDS)[0], (typeof RECORDS)[0], (typeof RECORDS)[0]];
    const store = {
      listActive: async (cursor?: string) =>
        cursor === undefined
          ? { keys: [first, second].map(keyOf), cursor: 'more' }
          : { keys: [first, third].map(keyOf) },
      read: async (key: WorkbenchKey) => {
        if (key.workbenchId === second.workbenchId) throw new UnreadableRecord(key, new Error('invalid'));
        return key.workbenchId === third.workbenchId ? undefined : first;
      },
    };
    expect(await readActiveRecords(store)).toEqual({ records: [first], complete: true });
  });

  it('are not complete if there are more than the maximum', async () => {
    let reads = 0;
    const keys = Array.from({ length: 100 }, (_, n) => keyOf(running({ workbenchId: idAt(T0, n) })));
    const store = {
      listActive: async () => ({ keys, cursor: 'more' }),
      read: async () => {
        reads += 1;
        return undefined;
      },
    };
    expect((await readActiveRecords(store)).complete).toBe(false);
    expect(reads).toBe(ACTIVE_RECORDS_MAX);
  });
});
