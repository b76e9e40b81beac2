import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { HISTORY_ENTRIES_MAX, type HistoryStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { anyHistoryEntry } from '../builders/any-workbench.ts';
import { aHistoryEntry, ID, idAt, T0 } from '../builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface HistoryStoreSubject {
  readonly store: HistoryStore;
  /** Removes items that have expired at `now`, as the TTL of a table does with a delay. */
  sweep(now: number): Promise<void>;
  dispose(): Promise<void>;
}

const DAY = 86_400_000;

/** The contract of HistoryStore. */
export function describeHistoryStoreContract(
  name: string,
  makeSubject: () => Promise<HistoryStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of HistoryStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: HistoryStoreSubject;
    let store: HistoryStore;
    beforeEach(async () => {
      subject = await makeSubject();
      store = subject.store;
    });
    afterEach(() => subject.dispose());

    it('returns entries as they were written, newest first', async () => {
      let n = 0;
      await fc.assert(
        fc.asyncProperty(
          fc
            .nat({ max: 8 })
            .chain((length) => fc.tuple(...Array.from({ length }, (_, index) => anyHistoryEntry(index + 1)))),
          async (entries) => {
            n += 1;
            await store.append(idAt(T0, n), entries);
            expect(await store.list(idAt(T0, n))).toEqual(entries.toReversed());
          },
        ),
        { numRuns: 25 },
      );
    });

    it('returns no entries for an unknown workbench', async () => {
      expect(await store.list(ID)).toEqual([]);
    });

    it('keeps an entry as it was first written', async () => {
      await store.append(ID, [aHistoryEntry({ seq: 1, by: 'ada' })]);
      await store.append(ID, [
        aHistoryEntry({ seq: 1, by: 'bob' }),
        aHistoryEntry({ seq: 2, type: 'updated' }),
      ]);
      expect((await store.list(ID)).map(({ by }) => by)).toEqual(['ada', 'ada']);
    });

    it('accepts the same entries from concurrent writers', async () => {
      const entries = entriesUpTo(6);
      await Promise.all(Array.from({ length: 20 }, () => store.append(ID, entries)));
      expect(await store.list(ID)).toEqual(entries.toReversed());
    });

    it('separates the histories of workbenches', async () => {
      await store.append(ID, [aHistoryEntry({ by: 'ada' })]);
      await store.append(idAt(T0, 2), [aHistoryEntry({ by: 'bob' })]);
      expect(await store.list(ID)).toEqual([aHistoryEntry({ by: 'ada' })]);
    });

    it('keeps the last hundred of 250 entries', async () => {
      const entries = entriesUpTo(250);
      for (let start = 0; start < 250; start += 6) await store.append(ID, entries.slice(start, start + 6));
      expect((await store.list(ID)).map(({ seq }) => seq)).toEqual(lastHundredOf(250));
    });

    it('keeps the last hundred of 250 concurrently written entries, and after they are written again', async () => {
      await store.append(ID, entriesUpTo(250));
      await store.append(ID, entriesUpTo(250).slice(-6));
      expect((await store.list(ID)).map(({ seq }) => seq)).toEqual(lastHundredOf(250));
    });

    it('keeps the last hundred when a delayed writer writes an old entry again', async () => {
      await store.append(ID, entriesUpTo(250));
      await store.append(ID, [aHistoryEntry({ seq: 3 })]);
      expect((await store.list(ID)).map(({ seq }) => seq)).toEqual(lastHundredOf(250));
    });

    it('removes the history at its expiry, not before', async () => {
      const end = T0 + 30 * DAY;
      await store.append(ID, entriesUpTo(120));
      await store.append(idAt(T0, 2), entriesUpTo(2));
      await store.expire(ID, end);
      await subject.sweep(end - 1_000);
      expect(await store.list(ID)).toHaveLength(HISTORY_ENTRIES_MAX);
      await subject.sweep(end + 1_000);
      expect(await store.list(ID)).toEqual([]);
      expect(await store.list(idAt(T0, 2))).toHaveLength(2);
    });

    it('removes it at its expiry even if its last entries are written again', async () => {
      await store.append(ID, entriesUpTo(3));
      await store.expire(ID, T0 + DAY);
      await store.append(ID, entriesUpTo(3));
      await subject.sweep(T0 + 2 * DAY);
      expect(await store.list(ID)).toEqual([]);
    });

    it('does nothing when a history that does not exist is expired', async () => {
      await store.expire(ID, T0);
      expect(await store.list(ID)).toEqual([]);
    });
  });
}

function entriesUpTo(seq: number): HistoryEntry[] {
  return Array.from({ length: seq }, (_, index) => aHistoryEntry({ seq: index + 1, at: T0 + index }));
}

function lastHundredOf(seq: number): number[] {
  return Array.from({ length: HISTORY_ENTRIES_MAX }, (_, index) => seq - index);
}
