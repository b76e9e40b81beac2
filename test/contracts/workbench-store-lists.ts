import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { UnreadableRecord, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import { keyOf, SCHEMA_VERSION } from '#core/workbench/workbench.ts';
import { idAt, stopped, T0 } from '../builders/workbench.ts';
import { aHundred, idOf } from './list-pages.ts';
import type { WorkbenchStoreSubject } from './workbench-store.ts';

/** Written by newer code, and not readable by this one. */
const NEWER = { ...stopped(), schemaVersion: SCHEMA_VERSION + 1, minReader: SCHEMA_VERSION + 1 };

/** A part of the contract of WorkbenchStore: the list of a user, and unreadable records. */
export function describeLists(getSubject: () => WorkbenchStoreSubject): void {
  let subject: WorkbenchStoreSubject;
  let store: WorkbenchStore;
  beforeEach(() => {
    subject = getSubject();
    store = subject.store;
  });

  describe('listByUser', () => {
    it('returns the newest first, and its pages contain all of them for every page size', async () => {
      const ids = Array.from({ length: 23 }, (_, n) => idAt(T0 + n * 1_000, 23 - n));
      await Promise.all(ids.map((workbenchId) => store.create(stopped({ workbenchId }))));
      const newestFirst = ids.toReversed();
      for (const limit of [1, 2, 7, 11, 22, 23, 24, 100]) {
        const pages = await pagesOf('ada', limit);
        expect(pages.flat()).toEqual(newestFirst);
        expect(pages).toHaveLength(Math.ceil(ids.length / limit));
      }
    });

    it('returns all of them for any number of workbenches and any page size', async () => {
      let users = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(
            fc.tuple(fc.nat({ max: 1_000 }), fc.nat({ max: 3 })).map(([t, n]) => idAt(T0 + t, n)),
            {
              maxLength: 12,
            },
          ),
          fc.integer({ min: 1, max: 13 }),
          async (ids, limit) => {
            users += 1;
            const userId = `user-${users}`;
            await Promise.all(ids.map((workbenchId) => store.create(stopped({ userId, workbenchId }))));
            const pages = await pagesOf(userId, limit);
            expect(pages.flat()).toEqual(ids.toSorted().toReversed());
            expect(pages.every((page) => page.length <= limit)).toBe(true);
            expect(pages.length).toBe(Math.max(1, Math.ceil(ids.length / limit)));
          },
        ),
        { numRuns: 30 },
      );
    });

    it('returns up to a hundred on a page', async () => {
      await Promise.all(aHundred((n) => store.create(stopped({ workbenchId: idAt(T0, n) }))));
      const page = await store.listByUser('ada', { limit: 100 });
      expect(page.workbenches).toHaveLength(100);
      expect(page.next).toBeUndefined();
    });

    it('continues after a workbench that has been deleted since', async () => {
      for (const n of [1, 2, 3, 4]) await store.create(stopped({ workbenchId: idAt(T0, n) }));
      const { next } = await store.listByUser('ada', { limit: 2 });
      expect(next).toBe(idAt(T0, 3));
      await store.delete({ userId: 'ada', workbenchId: idAt(T0, 3) }, 1);
      const page = await store.listByUser('ada', {
        limit: 2,
        ...(next === undefined ? {} : { after: next }),
      });
      expect(page.workbenches.map(({ workbenchId }) => workbenchId)).toEqual([idAt(T0, 2), idAt(T0, 1)]);
    });

    it('continues within the same user for any workbench id', async () => {
      await store.create(stopped({ userId: 'ada', workbenchId: idAt(T0, 1) }));
      await store.create(stopped({ userId: 'bob', workbenchId: idAt(T0, 2) }));
      const page = await store.listByUser('ada', { limit: 10, after: idAt(T0, 2) });
      expect(page.workbenches.map(({ userId }) => userId)).toEqual(['ada']);
    });

    it('contains a write as soon as it has returned', async () => {
      await store.create(stopped());
      await store.update(stopped({ name: 'renamed', revision: 2 }), 1);
      const { workbenches } = await store.listByUser('ada', { limit: 1 });
      expect(workbenches).toEqual([stopped({ name: 'renamed', revision: 2 })]);
    });

    it('is empty for an unknown user', async () => {
      expect(await store.listByUser('unknown', { limit: 1 })).toEqual({ workbenches: [] });
    });

    it('rejects a page size of zero, of more than a hundred, or of a fraction', async () => {
      for (const limit of [0, 101, 1.5, Number.NaN]) {
        await expect(store.listByUser('ada', { limit })).rejects.toThrow(RangeError);
      }
    });

    async function pagesOf(userId: string, limit: number): Promise<string[][]> {
      const pages: string[][] = [];
      let after: string | undefined;
      do {
        const page = await store.listByUser(userId, { limit, ...(after === undefined ? {} : { after }) });
        pages.push(page.workbenches.map(({ workbenchId }) => workbenchId));
        after = page.next;
      } while (after !== undefined);
      return pages;
    }
  });

  describe('a record that newer code wrote and this code can read', () => {
    const fields = { labels: { team: 'x' }, reason: { code: 'evicted', message: 'Evicted.', hint: 'Wait.' } };

    it('keeps the fields and values that this code does not know', async () => {
      await subject.plant(keyOf(stopped()), {
        ...stopped(),
        ...fields,
        schemaVersion: SCHEMA_VERSION + 1,
      });
      for (const revision of [1, 2]) {
        const read = await store.read(keyOf(stopped()));
        expect(read).toMatchObject({
          labels: fields.labels,
          reason: { code: 'other', message: 'Evicted.', hint: 'Wait.', unrecognized: { code: 'evicted' } },
        });
        if (read !== undefined)
          expect(await store.update({ ...read, revision: revision + 1 }, revision)).toBe('updated');
      }
    });
  });

  describe('an unreadable record', () => {
    const poisons: readonly [string, unknown][] = [
      ['that requires newer code', NEWER],
      ['of no known status', { ...stopped(), status: 'asleep' }],
      ['of another type', 'gibberish'],
      ['without a field', { ...stopped(), revision: undefined }],
      ['that names another user', stopped({ userId: 'bob' })],
      ['that names another workbench', stopped({ workbenchId: idAt(T0, 77) })],
    ];
    it.each(poisons)('is reported as unreadable by read when it is one %s', async (_, raw) => {
      await subject.plant(keyOf(stopped()), raw);
      await expect(store.read(keyOf(stopped()))).rejects.toThrow(UnreadableRecord);
    });

    it('is omitted from lists and reported', async () => {
      const ids = [0, 1, 2, 3, 4, 5, 6].map((n) => idAt(T0, n));
      await Promise.all(ids.map((workbenchId) => store.create(stopped({ workbenchId }))));
      const unreadable = { userId: 'ada', workbenchId: idAt(T0, 5) };
      await subject.plant(unreadable, { ...NEWER, ...unreadable });
      const first = await store.listByUser('ada', { limit: 2 });
      expect(first.workbenches.map(idOf)).toEqual([idAt(T0, 6)]);
      expect(first.next).toBe(idAt(T0, 5));
      const second = await store.listByUser('ada', { limit: 2, after: idAt(T0, 5) });
      expect(second.workbenches.map(idOf)).toEqual([idAt(T0, 4), idAt(T0, 3)]);
      expect(subject.reported()).toEqual([idAt(T0, 5)]);
    });

    it('is not created again', async () => {
      await subject.plant(keyOf(stopped()), NEWER);
      expect(await store.create(stopped())).toBe('exists');
      await expect(store.read(keyOf(stopped()))).rejects.toThrow(UnreadableRecord);
    });
  });
}
