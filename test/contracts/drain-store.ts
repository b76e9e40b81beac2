import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { DrainStore, MachineDrain } from '#core/ports/drain-store.ts';
import { T0 } from '#test/builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface DrainStoreSubject {
  readonly store: DrainStore;
  readonly dispose: () => Promise<void>;
}

export const aDrain = (drain: Partial<MachineDrain> = {}): MachineDrain => ({
  machineId: 'i-1',
  dedicated: false,
  containerInstance: 'ci-1',
  since: T0,
  until: T0 + 60_000,
  requestedBy: 'ada 😀',
  ...drain,
});

/** The contract of DrainStore. `make` returns an empty store. */
export function describeDrainStoreContract(
  name: string,
  make: () => Promise<DrainStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of DrainStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: DrainStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    const sorted = async () => [...(await store.list())].sort((a, b) => (a.machineId < b.machineId ? -1 : 1));

    it('lists no drain before one is stored', async () => {
      expect(await store.list()).toEqual([]);
    });

    it('lists every drain as it was stored, with and without a time', async () => {
      const { until: _until, containerInstance: _none, ...open } = aDrain({ machineId: 'i-2' });
      await store.put(aDrain());
      await store.put(open);
      expect(await sorted()).toEqual([aDrain(), open]);
    });

    it('replaces the drain of a machine', async () => {
      await store.put(aDrain());
      await store.put(aDrain({ until: T0 + 5 }));
      expect(await store.list()).toEqual([aDrain({ until: T0 + 5 })]);
    });

    it('removes the drain of one machine; of a machine without one it removes nothing', async () => {
      await store.put(aDrain());
      await store.put(aDrain({ machineId: 'i-2' }));
      await store.remove('i-1');
      await store.remove('i-3');
      expect(await store.list()).toEqual([aDrain({ machineId: 'i-2' })]);
    });
  });
}
