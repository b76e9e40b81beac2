import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { START_RATE_SPAN_MS, type StartRateStore } from '#core/ports/start-rate-store.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

const MINUTE = 30_000_000 * START_RATE_SPAN_MS;

export interface StartRateStoreSubject {
  readonly store: StartRateStore;
  readonly dispose: () => Promise<void>;
}

/** The contract of StartRateStore. `make` returns an empty store. */
export function describeStartRateStoreContract(
  name: string,
  make: () => Promise<StartRateStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of StartRateStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: StartRateStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    /** The results of calls that are made one after another. */
    async function countTimes(times: number, max: number, userId = 'ada', minute = MINUTE) {
      const results: string[] = [];
      for (let n = 0; n < times; n += 1) results.push(await store.count(userId, minute, max));
      return results;
    }

    it('counts starts up to the maximum, and no start after it', async () => {
      expect(await countTimes(4, 2)).toEqual(['counted', 'counted', 'full', 'full']);
    });

    it('compares with the maximum of the call, which the operator may have changed', async () => {
      await countTimes(3, 3);
      expect(await countTimes(1, 2)).toEqual(['full']);
      expect(await countTimes(2, 4)).toEqual(['counted', 'full']);
    });

    it('counts each minute and each user separately', async () => {
      await countTimes(1, 1);
      expect(await countTimes(1, 1, 'ada', MINUTE + START_RATE_SPAN_MS)).toEqual(['counted']);
      expect(await countTimes(1, 1, 'ada', MINUTE - START_RATE_SPAN_MS)).toEqual(['counted']);
      expect(await countTimes(1, 1, 'bob')).toEqual(['counted']);
      expect(await countTimes(1, 1)).toEqual(['full']);
    });

    it('counts for users of every kind of name, and mixes up none of them', async () => {
      const names = ['ada#1', 'ada', 'Ada', 'a da', 'ädä', 'ada#', '😀', `starts#${MINUTE}`, "'; --"];
      for (const userId of names) expect(await countTimes(1, 1, userId)).toEqual(['counted']);
      for (const userId of names) expect(await countTimes(1, 1, userId)).toEqual(['full']);
    });

    it('counts exactly the maximum of concurrent calls', async () => {
      let minute = MINUTE;
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 12 }),
          fc.integer({ min: 1, max: 12 }),
          async (calls, max) => {
            minute += START_RATE_SPAN_MS;
            const results = await Promise.all(
              Array.from({ length: calls }, () => store.count('ada', minute, max)),
            );
            expect(results.filter((result) => result === 'counted')).toHaveLength(Math.min(calls, max));
          },
        ),
        { numRuns: 20 },
      );
    });
  });
}
