import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { UsageEntry, UsageStore } from '#core/ports/usage-store.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface UsageStoreSubject {
  readonly store: UsageStore;
  readonly dispose: () => Promise<void>;
}

export const aUsageEntry = (entry: Partial<UsageEntry> = {}): UsageEntry => ({
  userId: 'ada',
  month: '2030-03',
  workbenchId: 'wb2',
  seq: 1,
  revision: 7,
  name: 'AutoCyber 😀',
  micros: 1_234_567,
  ms: 3_600_000,
  days: [
    { day: 1, micros: 1_000_000, ms: 3_600_000 },
    { day: 2, micros: 234_567, ms: 0 },
  ],
  ...entry,
});

/** The contract of UsageStore. `make` returns an empty store. */
export function describeUsageStoreContract(
  name: string,
  make: () => Promise<UsageStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of UsageStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: UsageStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    const list = (page: { limit?: number; after?: string } = {}, userId = 'ada', month = '2030-03') =>
      store.list(userId, month, { limit: 100, ...page });

    it('lists nothing before an entry is stored', async () => {
      expect(await list()).toEqual([]);
    });

    it('lists the entries of the user and the month as they were stored', async () => {
      const other = aUsageEntry({ userId: 'ada#1' });
      const earlier = aUsageEntry({ month: '2030-02', micros: 5 });
      await store.save([aUsageEntry(), other, earlier]);
      expect(await list()).toEqual([aUsageEntry()]);
      expect(await list({}, 'ada#1')).toEqual([other]);
      expect(await list({}, 'ada', '2030-02')).toEqual([earlier]);
      expect(await list({}, 'ada', '2030-04')).toEqual([]);
    });

    it('lists an entry without days as it was stored', async () => {
      const { days: _none, ...entry } = aUsageEntry();
      await store.save([entry]);
      expect(await list()).toEqual([entry]);
    });

    it('lists the newest workbench first, and of a workbench the highest number first', async () => {
      const entries = [
        aUsageEntry({ workbenchId: 'wb3' }),
        aUsageEntry({ seq: 10 }),
        aUsageEntry({ seq: 2 }),
        aUsageEntry({ workbenchId: 'wb1' }),
      ];
      await store.save(entries.toReversed());
      expect(await list()).toEqual(entries);
    });

    it('lists no more entries than the limit, and continues with lower ids', async () => {
      const [third, second, first] = ['wb3', 'wb2', 'wb1'].map((workbenchId) => aUsageEntry({ workbenchId }));
      await store.save([first, second, third] as UsageEntry[]);
      expect(await list({ limit: 2 })).toEqual([third, second]);
      expect(await list({ limit: 2, after: 'wb2' })).toEqual([first]);
      expect(await list({ after: 'wb1' })).toEqual([]);
    });

    it('stores an entry once, if it is saved again', async () => {
      await store.save([aUsageEntry()]);
      await store.save([aUsageEntry()]);
      expect(await list()).toEqual([aUsageEntry()]);
    });

    it('replaces an entry by one of a later revision, never by one of an earlier revision', async () => {
      await store.save([aUsageEntry()]);
      await store.save([aUsageEntry({ revision: 8, micros: 8 })]);
      await store.save([aUsageEntry({ revision: 6, micros: 6 })]);
      expect(await list()).toEqual([aUsageEntry({ revision: 8, micros: 8 })]);
    });

    it('saves no entries', async () => {
      await store.save([]);
      expect(await list()).toEqual([]);
    });
  });
}
