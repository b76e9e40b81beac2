import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { dueAt, keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { acceptedRun, aHost, idAt, MINUTE, running, starting, stopped, T0 } from '../builders/workbench.ts';
import { allActive, idOf } from './list-pages.ts';

/** A part of the contract of WorkbenchStore: due records, active records, and the indexes. */
export function describeHints(getStore: () => WorkbenchStore): void {
  let store: WorkbenchStore;
  beforeEach(() => {
    store = getStore();
  });

  describe('listDue', () => {
    it('returns the records that are due at the time, earliest first, and no settled ones', async () => {
      const times = [50, 10, 40, 10, 30, 0, 20].map((minutes) => T0 + minutes * MINUTE);
      const due = times.map((nextDriveAt, n) =>
        starting({ workbenchId: idAt(T0, n), nextDriveAt, deadlineAt: T0 + 90 * MINUTE }),
      );
      await Promise.all(due.map((workbench) => store.create(workbench)));
      await store.create(stopped({ workbenchId: idAt(T0, 100) }));
      await store.create(running({ workbenchId: idAt(T0, 101) }));
      expect(await dueTimes(T0 + 30 * MINUTE)).toEqual([0, 10, 10, 20, 30]);
      expect(await dueTimes(T0 + 60 * MINUTE)).toEqual([0, 10, 10, 20, 30, 40, 50]);
      expect(await dueTimes(T0 + 60 * MINUTE, 3)).toEqual([0, 10, 10]);
      expect(await dueTimes(T0 - 1)).toEqual([]);

      async function dueTimes(now: number, limit = 1_000): Promise<number[]> {
        const keys = await store.listDue(now, limit);
        return keys.map(({ workbenchId }) => {
          const workbench = due.find((one) => one.workbenchId === workbenchId);
          return workbench === undefined ? Number.NaN : ((dueAt(workbench) ?? 0) - T0) / MINUTE;
        });
      }
    });

    it('omits a record once it is settled, and returns it again when it is due', async () => {
      await store.create(starting());
      expect(await store.listDue(T0, 10)).toEqual([keyOf(starting())]);
      await store.update(running({ revision: 2 }), 1);
      expect(await store.listDue(T0 + 1e12, 10)).toEqual([]);
      await store.update(running({ revision: 3, nextDriveAt: T0 + 5 }), 2);
      expect(await store.listDue(T0 + 4, 10)).toEqual([]);
      expect(await store.listDue(T0 + 5, 10)).toEqual([keyOf(running())]);
      await store.delete(keyOf(running()), 3);
      expect(await store.listDue(T0 + 5, 10)).toEqual([]);
    });

    it('returns the earliest of many, across partitions', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 20 }),
          fc.integer({ min: 1, max: 25 }),
          async (offsets, limit) => {
            const records = offsets.map((offset, n) =>
              stopped({ userId: 'due', workbenchId: idAt(T0 + n, offset), nextDriveAt: T0 + offset }),
            );
            await Promise.all(records.map((record) => store.create(record)));
            const keys = await store.listDue(T0 + 40, limit);
            const expected = offsets.filter((offset) => offset <= 40).toSorted((a, b) => a - b);
            const named = keys.map((key) => records.find((one) => one.workbenchId === key.workbenchId));
            expect(named.map((record) => (record?.nextDriveAt ?? 0) - T0)).toEqual(expected.slice(0, limit));
            await Promise.all(records.map((record) => store.delete(keyOf(record), 1)));
          },
        ),
        { numRuns: 20 },
      );
    });
  });

  describe('listDueAfter', () => {
    it('returns the records that are due later, earliest first, and no settled ones', async () => {
      const times = [50, 10, 40, 30, 20].map((minutes) => T0 + minutes * MINUTE);
      const due = times.map((nextDriveAt, n) =>
        starting({ workbenchId: idAt(T0, n), nextDriveAt, deadlineAt: T0 + 90 * MINUTE }),
      );
      await Promise.all(due.map((workbench) => store.create(workbench)));
      await store.create(stopped({ workbenchId: idAt(T0, 100) }));
      const numbers = async (after: number, limit = 1_000) =>
        (await store.listDueAfter(after, limit)).map((key) =>
          due.findIndex(({ workbenchId }) => workbenchId === key.workbenchId),
        );
      expect(await numbers(T0)).toEqual([1, 4, 3, 2, 0]);
      expect(await numbers(T0 + 30 * MINUTE)).toEqual([2, 0]);
      expect(await numbers(T0 + 30 * MINUTE - 1)).toEqual([3, 2, 0]);
      expect(await numbers(T0, 2)).toEqual([1, 4]);
      expect(await numbers(T0 + 50 * MINUTE)).toEqual([]);
    });
  });

  describe('listActive', () => {
    it('returns every record with a run or a host or in transition, once each', async () => {
      const records: Workbench[] = [];
      for (let n = 0; n < 230; n++) records.push(running({ workbenchId: idAt(T0, n) }));
      records.push(stopped({ workbenchId: idAt(T0, 1_000), host: aHost({ state: 'stopped' }) }));
      records.push(
        stopped({ workbenchId: idAt(T0, 1_001), unexpectedTasks: [{ taskId: 'unexpectedTask' }] }),
      );
      records.push(starting({ workbenchId: idAt(T0, 1_002) }));
      await Promise.all(records.map((record) => store.create(record)));
      await store.create(stopped({ workbenchId: idAt(T0, 2_000) }));
      expect((await allActive(store)).map(idOf).toSorted()).toEqual(records.map(idOf).toSorted());
    });

    it('omits a record once it is stopped or deleted', async () => {
      await store.create(running());
      await store.create(running({ workbenchId: idAt(T0, 2) }));
      await store.update(stopped({ revision: 2 }), 1);
      await store.delete({ userId: 'ada', workbenchId: idAt(T0, 2) }, 1);
      expect(await allActive(store)).toEqual([]);
    });
  });

  it('finds a workbench by its id, and by the instance of its host while it has one', async () => {
    const host = aHost({ instanceId: 'i-1' });
    await store.create(running({ host }));
    await store.create(running({ userId: 'bob', workbenchId: idAt(T0, 9), run: acceptedRun() }));
    expect(await store.findByWorkbenchId(idAt(T0, 9))).toEqual({ userId: 'bob', workbenchId: idAt(T0, 9) });
    expect(await store.findByInstanceId('i-1')).toEqual(keyOf(running()));
    await store.update(running({ revision: 2, host: { ...host, instanceId: 'i-2' } }), 1);
    expect(await store.findByInstanceId('i-1')).toBeUndefined();
    expect(await store.findByInstanceId('i-2')).toEqual(keyOf(running()));
    await store.update(running({ revision: 3 }), 2);
    expect(await store.findByInstanceId('i-2')).toBeUndefined();
    expect(await store.findByWorkbenchId('unknown')).toBeUndefined();
  });
}
