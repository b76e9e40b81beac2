import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  type CompletedStart,
  START_TIMES_SPAN_MS,
  type StartTimesStore,
} from '#core/ports/start-times-store.ts';
import { T0 } from '#test/builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface StartTimesStoreSubject {
  readonly store: StartTimesStore;
  readonly dispose: () => Promise<void>;
}

const WEEK = T0 - (T0 % START_TIMES_SPAN_MS);

export const aStart = (start: Partial<CompletedStart> = {}): CompletedStart => ({
  kind: 'first',
  tookMs: 1_000,
  at: WEEK + 1,
  ...start,
});

/** The contract of StartTimesStore. `make` returns an empty store. */
export function describeStartTimesStoreContract(
  name: string,
  make: () => Promise<StartTimesStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of StartTimesStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: StartTimesStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    const list = async (from = 0) =>
      (await store.list(from)).map(({ counts, ...group }) => ({
        ...group,
        counts: Object.fromEntries(counts),
      }));

    it('lists nothing before a start was counted', async () => {
      expect(await list()).toEqual([]);
    });

    it('counts starts by kind, instance type and duration', async () => {
      await store.add(aStart(), 3);
      await store.add(aStart(), 3);
      await store.add(aStart(), 40);
      await store.add(aStart({ kind: 'later' }), 3);
      await store.add(aStart({ instanceType: 'm7i.large' }), 3);
      await store.add(aStart({ instanceType: 'u7inh-32tb.480xlarge' }), 0);
      const groups = await list();
      expect(groups).toHaveLength(4);
      expect(groups).toEqual(
        expect.arrayContaining([
          { kind: 'first', counts: { 3: 2, 40: 1 } },
          { kind: 'later', counts: { 3: 1 } },
          { kind: 'first', instanceType: 'm7i.large', counts: { 3: 1 } },
          { kind: 'first', instanceType: 'u7inh-32tb.480xlarge', counts: { 0: 1 } },
        ]),
      );
    });

    it('adds the counts of weeks, and leaves out weeks before `from`', async () => {
      for (const weeks of [0, 1, 2])
        await store.add(aStart({ at: WEEK + weeks * START_TIMES_SPAN_MS + 7 }), 5);
      expect(await list()).toEqual([{ kind: 'first', counts: { 5: 3 } }]);
      expect(await list(WEEK)).toEqual([{ kind: 'first', counts: { 5: 3 } }]);
      expect(await list(WEEK + 1)).toEqual([{ kind: 'first', counts: { 5: 2 } }]);
      expect(await list(WEEK + 3 * START_TIMES_SPAN_MS)).toEqual([]);
    });

    it('counts starts at the same time', async () => {
      await Promise.all(Array.from({ length: 10 }, () => store.add(aStart(), 1)));
      expect(await list()).toEqual([{ kind: 'first', counts: { 1: 10 } }]);
    });
  });
}
