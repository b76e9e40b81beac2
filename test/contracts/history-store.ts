import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HISTORY_ENTRIES_MAX, type HistoryStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { anyHistoryEntry } from '../builders/any-workbench.ts';
import { aHistoryEntry, ID, idAt, T0 } from '../builders/workbench.ts';

export interface HistoryStoreSubject {
  readonly store: HistoryStore;
  /** Removes what has ended by `now`, as a table's TTL does in its own time. */
  sweep(now: number): Promise<void>;
  dispose(): Promise<void>;
}

const DAY = 86_400_000;

/** What every HistoryStore does. */
export function describeHistoryStoreContract(
  name: string,
  makeSubject: () => Promise<HistoryStoreSubject>,
): void {
  describe(`${name} as a history store`, () => {
    let subject: HistoryStoreSubject;
    let store: HistoryStore;
    beforeEach(async () => {
      subject = await makeSubject();
      store = subject.store;
    });
    afterEach(() => subject.dispose());

    it('answers entries as they were written, newest first', async () => {
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

    it('is empty where nothing has been written', async () => {
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

    it('takes the same entries from many at once', async () => {
      const entries = entriesUpTo(6);
      await Promise.all(Array.from({ length: 20 }, () => store.append(ID, entries)));
      expect(await store.list(ID)).toEqual(entries.toReversed());
    });

    it('keeps histories apart', async () => {
      await store.append(ID, [aHistoryEntry({ by: 'ada' })]);
      await store.append(idAt(T0, 2), [aHistoryEntry({ by: 'bob' })]);
      expect(await store.list(ID)).toEqual([aHistoryEntry({ by: 'ada' })]);
    });

    it('keeps the last hundred of 250', async () => {
      const entries = entriesUpTo(250);
      for (let start = 0; start < 250; start += 6) await store.append(ID, entries.slice(start, start + 6));
      expect((await store.list(ID)).map(({ seq }) => seq)).toEqual(lastHundredOf(250));
    });

    it('keeps the last hundred of 250 written at once, and when written again', async () => {
      await store.append(ID, entriesUpTo(250));
      await store.append(ID, entriesUpTo(250).slice(-6));
      expect((await store.list(ID)).map(({ seq }) => seq)).toEqual(lastHundredOf(250));
    });

    it('keeps the last hundred when a straggler writes an old entry again', async () => {
      await store.append(ID, entriesUpTo(250));
      await store.append(ID, [aHistoryEntry({ seq: 3 })]);
      expect((await store.list(ID)).map(({ seq }) => seq)).toEqual(lastHundredOf(250));
    });

    it('lets the whole history go at its end, and not before', async () => {
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

    it('lets it go all the same when its last entries are written again', async () => {
      await store.append(ID, entriesUpTo(3));
      await store.expire(ID, T0 + DAY);
      await store.append(ID, entriesUpTo(3));
      await subject.sweep(T0 + 2 * DAY);
      expect(await store.list(ID)).toEqual([]);
    });

    it('lets nothing be ended that is not there', async () => {
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
