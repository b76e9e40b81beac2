import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { KnownUser, QuotaStore } from '#core/ports/quota-store.ts';
import { heldWith } from '#core/quotas/held.ts';
import { holdQuota } from '#core/quotas/hold-quota.ts';
import { EMPTY_LEDGER, type Ledger, sumOf } from '#core/quotas/ledger.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryWorkbenchStore } from '#test/memory/memory-stores.ts';
import { MemoryUsageStore } from '#test/memory/memory-usage-store.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface QuotaStoreSubject {
  readonly store: QuotaStore;
  readonly dispose: () => Promise<void>;
}

export interface QuotaStoreOptions {
  /** How many random bursts of requests the property draws. */
  readonly bursts: number;
  readonly exceptions?: SkippedTests;
}

const SIZE = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 1 };

export const aLedger = (ledger: Partial<Ledger> = {}): Ledger => ({
  groups: ['research', 'constructor', '😀'],
  entries: { [idAt(T0, 1)]: { revision: 3, at: T0, held: { workbenches: 1, running: 1, cpu: 1024 } } },
  ...ledger,
});

/** The contract of QuotaStore. `make` returns an empty store. */
export function describeQuotaStoreContract(
  name: string,
  make: () => Promise<QuotaStoreSubject>,
  { bursts, exceptions }: QuotaStoreOptions,
): void {
  describe(`${name} fulfils the contract of QuotaStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: QuotaStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    const INSTALLATION = { kind: 'installation' } as const;
    const group = { kind: 'group', group: 'a#b:c 😀' } as const;
    const user = { kind: 'user', userId: 'ada#1' } as const;

    it('has no limits, no ledger and no user before they are written', async () => {
      expect(await store.readLimits(group)).toEqual({});
      expect(await store.readLedger('ada')).toBeUndefined();
      expect(await store.listUsers({ limit: 1 })).toEqual({ users: [] });
      const nothing = { limits: [], stored: undefined, known: undefined };
      expect(await store.read('ada', [INSTALLATION, user])).toEqual(nothing);
    });

    it('keeps the limits of each scope apart, and replaces all of them at once', async () => {
      await store.writeLimits(INSTALLATION, { workbenches: 7, gpus: null });
      await store.writeLimits(group, { running: 0 });
      await store.writeLimits(user, { cpu: 4096, memory: 8192, hosts: 1 });
      await store.writeLimits(user, { cpu: 2048 });
      expect(await store.readLimits(INSTALLATION)).toEqual({ workbenches: 7, gpus: null });
      expect(await store.readLimits(group)).toEqual({ running: 0 });
      expect(await store.readLimits(user)).toEqual({ cpu: 2048 });
      expect(await store.readLimits({ kind: 'user', userId: 'a#b:c 😀' })).toEqual({});
    });

    it('reads the limits of the named scopes together with the ledger of the user', async () => {
      await store.writeLimits(INSTALLATION, { workbenches: 7 });
      await store.writeLimits(group, { running: 1 });
      await store.writeLimits({ kind: 'group', group: 'other' }, { running: 2 });
      await store.writeLedger('ada#1', aLedger(), undefined);
      const { limits, stored } = await store.read('ada#1', [INSTALLATION, group, user]);
      expect(limits).toHaveLength(2);
      expect(limits).toEqual(
        expect.arrayContaining([
          { scope: INSTALLATION, limits: { workbenches: 7 } },
          { scope: group, limits: { running: 1 } },
        ]),
      );
      expect(stored).toEqual({ ledger: aLedger(), revision: 1 });
    });

    it('writes a ledger only with the revision that is stored', async () => {
      expect(await store.writeLedger('ada', aLedger(), 1)).toBe('conflict');
      expect(await store.writeLedger('ada', aLedger(), undefined)).toBe('written');
      expect(await store.writeLedger('ada', EMPTY_LEDGER, undefined)).toBe('conflict');
      expect(await store.readLedger('ada')).toEqual({ ledger: aLedger(), revision: 1 });
      expect(await store.writeLedger('ada', EMPTY_LEDGER, 1)).toBe('written');
      expect(await store.writeLedger('ada', aLedger(), 1)).toBe('conflict');
      expect(await store.readLedger('ada')).toEqual({ ledger: EMPTY_LEDGER, revision: 2 });
      expect(await store.readLedger('bob')).toBeUndefined();
    });

    it('lists every user with a ledger once', async () => {
      const users = Array.from({ length: 130 }, (_, n) => `user ${n}`);
      for (const userId of users) await store.writeLedger(userId, EMPTY_LEDGER, undefined);
      const listed: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listLedgers(cursor);
        expect(page.userIds.length).toBeLessThanOrEqual(130);
        listed.push(...page.userIds);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(listed.sort()).toEqual(users.sort());
    });

    it('keeps the groups that were saved last for a user, and reads them with the quota', async () => {
      await store.saveUser({ userId: 'ada#1', groups: ['a'] });
      await store.saveUser({ userId: 'ada#1', groups: ['constructor', 'a#b:c 😀'] });
      const known = { userId: 'ada#1', groups: ['constructor', 'a#b:c 😀'] };
      expect(await store.read('ada#1', [INSTALLATION])).toEqual({ limits: [], stored: undefined, known });
      expect((await store.read('ada', [INSTALLATION])).known).toBeUndefined();
    });

    it('lists every user once, in pages of at most the limit', async () => {
      const users = Array.from({ length: 40 }, (_, n) => ({
        userId: `user ${n}`,
        groups: [`group ${n % 3}`],
      }));
      for (const known of users) await store.saveUser(known);
      for (const limit of [1, 7, 40, 100]) {
        const listed: KnownUser[] = [];
        let after: string | undefined;
        do {
          const page = await store.listUsers({ limit, ...(after === undefined ? {} : { after }) });
          expect(page.users.length).toBeLessThanOrEqual(limit);
          listed.push(...page.users);
          after = page.next;
        } while (after !== undefined);
        expect(listed).toHaveLength(40);
        expect(listed).toEqual(expect.arrayContaining(users));
      }
    });

    const burst = async (userId: string, requests: number, limit: number) => {
      const ports = {
        ...{ quotas: store, usage: new MemoryUsageStore() },
        ...{ workbenches: new MemoryWorkbenchStore(), clock: new ManualClock() },
      };
      await store.writeLimits({ kind: 'user', userId }, { running: limit });
      const results = await Promise.allSettled(
        Array.from({ length: requests }, (_, n) =>
          holdQuota(
            ports,
            {},
            {
              ...{ user: { userId }, workbenchId: idAt(T0, n), revision: 1 },
              held: heldWith(SIZE, true),
            },
          ),
        ),
      );
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      for (const reason of reasons) expect(reason).toMatchObject({ code: 'quota_exceeded' });
      const stored = await store.readLedger(userId);
      return { allowed: requests - reasons.length, used: sumOf(stored?.ledger ?? EMPTY_LEDGER) };
    };

    it('of 100 requests at once with a limit of 7 exactly 7 are allowed', async () => {
      expect(await burst('ada', 100, 7)).toMatchObject({ allowed: 7, used: { running: 7, cpu: 7 * 1024 } });
    });

    it('of any number of requests at once exactly as many are allowed as the limit has left', async () => {
      let users = 0;
      await fc.assert(
        fc.asyncProperty(fc.nat(20), fc.nat(9), async (requests, limit) => {
          users += 1;
          const { allowed, used } = await burst(`user ${users}`, requests, limit);
          expect(allowed).toBe(Math.min(requests, limit));
          expect(used.running).toBe(allowed);
        }),
        { numRuns: bursts },
      );
    });
  });
}
