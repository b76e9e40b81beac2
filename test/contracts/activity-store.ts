import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { ACTIVITY_READ_MAX, type ActivityStore, REPORT_INTERVAL_MS } from '#core/ports/activity-store.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface ActivityStoreSubject {
  readonly store: ActivityStore;
  readonly dispose: () => Promise<void>;
}

/** The contract of ActivityStore. `make` returns an empty store. */
export function describeActivityStoreContract(
  name: string,
  make: () => Promise<ActivityStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of ActivityStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: ActivityStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    it('returns the time that was noted, and leaves out workbenches without one', async () => {
      const other = idAt(T0, 2);
      expect(await store.read([ID, other])).toEqual(new Map());
      await store.record(ID, T0);
      expect(await store.read([ID, other])).toEqual(new Map([[ID, T0]]));
      expect(await store.read([other])).toEqual(new Map());
    });

    it('keeps the latest time of each workbench', async () => {
      const other = idAt(T0, 2);
      await store.record(ID, T0 + 2);
      await store.record(ID, T0 + 1);
      await store.record(ID, T0 + 2);
      await store.record(other, T0);
      expect(await store.read([ID, other])).toEqual(
        new Map([
          [ID, T0 + 2],
          [other, T0],
        ]),
      );
      await store.record(ID, T0 + 3);
      expect(await store.read([ID])).toEqual(new Map([[ID, T0 + 3]]));
    });

    it('returns nothing for no workbench, and a workbench that is named twice once', async () => {
      await store.record(ID, T0);
      expect(await store.read([])).toEqual(new Map());
      expect(await store.read([ID, ID])).toEqual(new Map([[ID, T0]]));
    });

    it('reads the workbenches of a whole page at once', async () => {
      const ids = Array.from({ length: ACTIVITY_READ_MAX }, (_, n) => idAt(T0, n + 1));
      await Promise.all(ids.map((id, n) => store.record(id, T0 + n)));
      expect(await store.read(ids)).toEqual(new Map(ids.map((id, n) => [id, T0 + n])));
    });

    it('returns the reports of a run with what the gate saw, and not those of another run', async () => {
      const keepaliveUntil = T0 + 3_600_000;
      await store.report(ID, 'run-1', { ide: T0 - 1, busy: T0 - 2, keepaliveUntil }, T0);
      expect(await store.readEvidence(ID, 'run-1')).toEqual({ ide: T0 - 1, busy: T0 - 2, keepaliveUntil });
      await store.record(ID, T0);
      expect(await store.readEvidence(ID, 'run-2')).toEqual({ browser: T0 });
      expect(await store.readEvidence(idAt(T0, 2), 'run-1')).toEqual({});
      expect(await store.read([ID])).toEqual(new Map([[ID, T0]]));
    });

    it('keeps the latest time of each kind of report, also after an earlier one', async () => {
      const [second, third] = [T0 + REPORT_INTERVAL_MS, T0 + 2 * REPORT_INTERVAL_MS];
      await store.report(ID, 'run-1', { ide: T0 }, T0);
      await store.report(ID, 'run-1', { ide: T0 - 60_000, busy: second }, second);
      expect(await store.readEvidence(ID, 'run-1')).toEqual({ ide: T0, busy: second });
      await store.report(ID, 'run-1', { ide: third }, third);
      expect(await store.readEvidence(ID, 'run-1')).toEqual({ ide: third, busy: second });
    });

    it('stores a report within a minute of another one only if a time of it is a minute later than the stored one', async () => {
      await store.report(ID, 'run-1', { ide: T0 }, T0);
      const soon = T0 + REPORT_INTERVAL_MS - 1;
      await store.report(ID, 'run-1', { ide: soon }, soon);
      expect(await store.readEvidence(ID, 'run-1')).toEqual({ ide: T0 });
      await store.report(ID, 'run-1', { ide: soon, keepaliveUntil: T0 + 600_000 }, soon);
      expect(await store.readEvidence(ID, 'run-1')).toEqual({ ide: soon, keepaliveUntil: T0 + 600_000 });
      await store.report(ID, 'run-1', { keepaliveUntil: T0 + 600_001 }, soon + 1);
      expect(await store.readEvidence(ID, 'run-1')).toMatchObject({ keepaliveUntil: T0 + 600_000 });
    });

    it('loses no report of a kind that was not reported in the last minute, also beside reports of other kinds', async () => {
      await store.report(ID, 'run-1', { keepaliveUntil: T0 + 200_000 }, T0);
      await store.report(ID, 'run-1', { busy: T0 + 20_000 }, T0 + 21_000);
      expect(await store.readEvidence(ID, 'run-1')).toEqual({
        busy: T0 + 20_000,
        keepaliveUntil: T0 + 200_000,
      });
    });

    it('keeps the reason of the latest keepalive, also beside reports of other kinds', async () => {
      const [until, later] = [T0 + 3_600_000, T0 + 7_200_000];
      const minute = (n: number) => T0 + n * REPORT_INTERVAL_MS;
      await store.report(ID, 'run-1', { keepaliveUntil: until, keepaliveReason: 'epoch 3' }, T0);
      await store.report(ID, 'run-1', { busy: minute(1) }, minute(1));
      const first = { busy: minute(1), keepaliveUntil: until, keepaliveReason: 'epoch 3' };
      expect(await store.readEvidence(ID, 'run-1')).toEqual(first);
      await store.report(ID, 'run-1', { keepaliveUntil: until - 1, keepaliveReason: 'earlier' }, minute(2));
      expect(await store.readEvidence(ID, 'run-1')).toEqual(first);
      await store.report(ID, 'run-1', { keepaliveUntil: until, keepaliveReason: 'epoch 4' }, minute(3));
      expect(await store.readEvidence(ID, 'run-1')).toMatchObject({ keepaliveReason: 'epoch 4' });
      await store.report(ID, 'run-1', { keepaliveUntil: later }, minute(4));
      expect(await store.readEvidence(ID, 'run-1', 'strong')).toEqual({
        busy: minute(1),
        keepaliveUntil: later,
      });
    });

    it('has the latest time of each kind after concurrent reports', async () => {
      await Promise.all([
        store.report(ID, 'run-1', { ide: T0, keepaliveUntil: T0 + 120_000 }, T0),
        store.report(ID, 'run-1', { ide: T0 + 1, keepaliveUntil: T0 + 240_000 }, T0 + 1),
      ]);
      expect(await store.readEvidence(ID, 'run-1')).toMatchObject({ keepaliveUntil: T0 + 240_000 });
    });

    it('forgets a deleted workbench and no other, and deletes one that it does not know', async () => {
      const other = idAt(T0, 2);
      await store.record(ID, T0);
      await store.record(other, T0);
      await store.delete(ID);
      await store.delete(ID);
      expect(await store.read([ID, other])).toEqual(new Map([[other, T0]]));
      await store.record(ID, T0 - 1);
      expect(await store.read([ID])).toEqual(new Map([[ID, T0 - 1]]));
    });

    it('has the latest time after concurrent writes in any order', async () => {
      let next = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 }),
          async (times) => {
            next += 1;
            const id = idAt(T0, next);
            await Promise.all(times.map((time) => store.record(id, T0 + time)));
            expect(await store.read([id])).toEqual(new Map([[id, T0 + Math.max(...times)]]));
          },
        ),
        { numRuns: 25 },
      );
    });
  });
}
