import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import type { UsageStore } from '#core/ports/usage-store.ts';
import type { IdempotencyStore, WorkbenchStore } from '#core/ports/workbench-store.ts';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { anyUserId, anyWorkbench } from '../builders/any-workbench.ts';
import { aHost, idAt, running, starting, stopped, T0 } from '../builders/workbench.ts';
import { aHundred, allActive } from './list-pages.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';
import { describeHints } from './workbench-store-hints.ts';
import { describeLists } from './workbench-store-lists.ts';
import { describeMoves } from './workbench-store-moves.ts';

export interface WorkbenchStoreSubject {
  readonly store: WorkbenchStore;
  /** The idempotency claims in the same table. */
  readonly claims: IdempotencyStore;
  /** The usage in the same table. */
  readonly usage: UsageStore;
  /** Stores a raw value in place of a record, as a bug or a newer version might. */
  plant(key: WorkbenchKey, raw: unknown): Promise<void>;
  /** The ids of the records that lists have reported as unreadable. */
  reported(): readonly string[];
  dispose(): Promise<void>;
}

/** The contract of WorkbenchStore. Indexes must be up to date at once. */
export function describeWorkbenchStoreContract(
  name: string,
  makeSubject: () => Promise<WorkbenchStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of WorkbenchStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: WorkbenchStoreSubject;
    let store: WorkbenchStore;
    beforeEach(async () => {
      subject = await makeSubject();
      store = subject.store;
    });
    afterEach(() => subject.dispose());

    it('returns any record as it was written', async () => {
      let n = 0;
      await fc.assert(
        fc.asyncProperty(anyWorkbench(), async (any) => {
          n += 1;
          const workbench = { ...any, workbenchId: idAt(T0, n) };
          await store.create(workbench);
          expect(await store.read(keyOf(workbench))).toEqual(workbench);
        }),
        { numRuns: 60 },
      );
    });

    it('returns undefined for a workbench that does not exist', async () => {
      expect(await store.read(keyOf(stopped()))).toBeUndefined();
    });

    it('keeps its own copy of a record', async () => {
      const workbench = structuredClone(stopped());
      await store.create(workbench);
      workbench.spec.cpuUnits = 1;
      const read = await store.read(keyOf(workbench));
      try {
        if (read !== undefined) read.spec.cpuUnits = 2;
      } catch (error) {
        // The store may freeze the object that it returns.
        expect(error).toBeInstanceOf(TypeError);
      }
      expect((await store.read(keyOf(workbench)))?.spec.cpuUnits).toBe(1024);
    });

    it('refuses to write a record that it could not read back', async () => {
      const workbench = { ...stopped(), status: 'asleep' } as unknown as Workbench;
      const outcomes = await Promise.allSettled([store.create(workbench), store.update(workbench, 1)]);
      for (const outcome of outcomes) {
        expect(outcome.status).toBe('rejected');
        // It is a bug of the caller. A PortError would be retried indefinitely.
        if (outcome.status === 'rejected') expect(outcome.reason).not.toBeInstanceOf(PortError);
      }
      expect(await store.read(keyOf(workbench))).toBeUndefined();
    });

    describe('create', () => {
      it('keeps an existing record', async () => {
        expect(await store.create(stopped({ name: 'first' }))).toBe('created');
        expect(await store.create(stopped({ name: 'second' }))).toBe('exists');
        expect((await store.read(keyOf(stopped())))?.name).toBe('first');
      });

      it('succeeds for one of a hundred concurrent calls', async () => {
        const outcomes = await Promise.all(
          aHundred((n) => store.create(stopped({ name: `wb-${n}` })).then((outcome) => ({ outcome, n }))),
        );
        const won = outcomes.filter(({ outcome }) => outcome === 'created');
        expect(won).toHaveLength(1);
        expect((await store.read(keyOf(stopped())))?.name).toBe(`wb-${won[0]?.n}`);
      });

      it('treats the same id of two users as two workbenches', async () => {
        await store.create(stopped({ userId: 'ada', name: 'hers' }));
        await store.create(stopped({ userId: 'bob', name: 'his' }));
        expect((await store.read(keyOf(stopped({ userId: 'ada' }))))?.name).toBe('hers');
      });
    });

    describe('update', () => {
      it('replaces a record of the expected revision, without keeping any old field', async () => {
        await store.create(running({ revision: 7, host: aHost() }));
        const next = stopped({ revision: 8 });
        expect(await store.update(next, 7)).toBe('updated');
        expect(await store.read(keyOf(next))).toEqual(next);
      });

      it('keeps a record of another revision', async () => {
        await store.create(stopped({ revision: 7 }));
        expect(await store.update(stopped({ revision: 9 }), 8)).toBe('conflict');
        expect(await store.update(stopped({ revision: 7 }), 6)).toBe('conflict');
        expect((await store.read(keyOf(stopped())))?.revision).toBe(7);
      });

      it('does not restore a deleted record', async () => {
        await store.create(stopped());
        await store.delete(keyOf(stopped()), 1);
        expect(await store.update(stopped({ revision: 2 }), 1)).toBe('conflict');
        expect(await store.read(keyOf(stopped()))).toBeUndefined();
      });

      it('succeeds for one of a hundred concurrent calls, even with equal contents', async () => {
        await store.create(stopped());
        const outcomes = await Promise.all(aHundred(() => store.update(stopped({ revision: 2 }), 1)));
        expect(outcomes.filter((outcome) => outcome === 'updated')).toHaveLength(1);
      });
    });

    describe('delete', () => {
      it('deletes a record of the expected revision', async () => {
        await store.create(stopped({ revision: 3 }));
        expect(await store.delete(keyOf(stopped()), 3)).toBe('deleted');
        expect(await store.read(keyOf(stopped()))).toBeUndefined();
        expect(await store.findByWorkbenchId(stopped().workbenchId)).toBeUndefined();
      });

      it('keeps a record of another revision', async () => {
        await store.create(stopped({ revision: 3 }));
        expect(await store.delete(keyOf(stopped()), 2)).toBe('conflict');
        expect(await store.read(keyOf(stopped()))).toBeDefined();
      });

      it('returns deleted for a record that does not exist', async () => {
        expect(await store.delete(keyOf(stopped()), 3)).toBe('deleted');
      });
    });

    describe('unusual user ids', () => {
      it('are kept apart', async () => {
        const ids = [
          '#',
          '##',
          'a',
          'a#',
          'a#workbench#',
          'user#a',
          'A',
          'é',
          'e\u0301',
          '😀',
          'x'.repeat(96),
        ];
        ids.push('😀'.repeat(24), ' ', 'a/b', '%23', '"', '\\', 'constructor', '__proto__');
        await Promise.all(ids.map((userId) => store.create(stopped({ userId, name: `of ${userId}` }))));
        for (const userId of ids) {
          const { workbenches } = await store.listByUser(userId, { limit: 100 });
          expect(workbenches).toEqual([stopped({ userId, name: `of ${userId}` })]);
        }
        const active = await Promise.all(
          ids.map((userId) => store.update(starting({ userId, revision: 2 }), 1)),
        );
        expect(new Set(active)).toEqual(new Set(['updated']));
        expect((await allActive(store)).map(({ userId }) => userId).toSorted()).toEqual(ids.toSorted());
        expect((await store.listDue(T0, 100)).map(({ userId }) => userId).toSorted()).toEqual(ids.toSorted());
      });

      it('are found by every index', async () => {
        let n = 0;
        await fc.assert(
          fc.asyncProperty(anyUserId(), async (userId) => {
            n += 1;
            const workbench = starting({ userId, workbenchId: idAt(T0, n) });
            await store.create(workbench);
            expect(await store.read(keyOf(workbench))).toEqual(workbench);
            expect(await store.findByWorkbenchId(workbench.workbenchId)).toEqual(keyOf(workbench));
          }),
          { numRuns: 40 },
        );
      });
    });

    describeLists(() => subject);
    describeHints(() => store);
    describeMoves(() => subject, it);

    it('resolves a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });
  });
}
