import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  IDEMPOTENCY_RETENTION_MS,
  type IdempotencyClaim,
  type IdempotencyStore,
} from '#core/ports/workbench-store.ts';
import { ID, idAt, T0 } from '../builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface IdempotencyStoreSubject {
  readonly store: IdempotencyStore;
  dispose(): Promise<void>;
}

type Claim = Omit<IdempotencyClaim, 'state'>;

function aClaim(claim: Partial<Claim> = {}): Claim {
  return {
    userId: 'ada',
    key: 'key-1',
    workbenchId: ID,
    bodyHash: 'hash-1',
    expiresAt: T0 + IDEMPOTENCY_RETENTION_MS,
    ...claim,
  };
}

/** The contract of IdempotencyStore. */
export function describeIdempotencyStoreContract(
  name: string,
  makeSubject: () => Promise<IdempotencyStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of IdempotencyStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: IdempotencyStoreSubject;
    let store: IdempotencyStore;
    beforeEach(async () => {
      subject = await makeSubject();
      store = subject.store;
    });
    afterEach(() => subject.dispose());

    it('gives the claim to the first caller and returns it to the second', async () => {
      const standing = { ...aClaim(), state: 'open' };
      expect(await store.claim(aClaim(), T0)).toEqual({ claim: standing, claimed: true });
      const other = aClaim({ workbenchId: idAt(T0, 2), bodyHash: 'hash-2' });
      expect(await store.claim(other, T0 + 1)).toEqual({ claim: standing, claimed: false });
    });

    it('gives the claim to one of a hundred concurrent callers and returns it to all', async () => {
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, n) => store.claim(aClaim({ workbenchId: idAt(T0, n) }), T0)),
      );
      expect(results.filter(({ claimed }) => claimed)).toHaveLength(1);
      expect(new Set(results.map(({ claim }) => claim.workbenchId)).size).toBe(1);
    });

    it('recognises its own claim when the write is repeated', async () => {
      await store.claim(aClaim(), T0);
      expect((await store.claim(aClaim(), T0)).claimed).toBe(true);
    });

    it('separates keys and users with any characters', async () => {
      const pairs = [
        ['ada', 'k'],
        ['ada', 'k#'],
        ['ada', '#k'],
        ['ada#idempotency', 'k'],
        ['😀', '~!@#$%^&*()'],
        ['__proto__', 'constructor'],
        ['ada', 'x'.repeat(128)],
      ] as const;
      const results = await Promise.all(
        pairs.map(([userId, key], n) => store.claim(aClaim({ userId, key, workbenchId: idAt(T0, n) }), T0)),
      );
      expect(results.every(({ claimed }) => claimed)).toBe(true);
    });

    it('treats an expired claim as absent', async () => {
      await store.claim(aClaim(), T0);
      const later = T0 + IDEMPOTENCY_RETENTION_MS;
      const next = aClaim({ workbenchId: idAt(T0, 2), expiresAt: later + IDEMPOTENCY_RETENTION_MS });
      expect((await store.claim(next, later - 1)).claimed).toBe(false);
      expect(await store.claim(next, later)).toEqual({ claim: { ...next, state: 'open' }, claimed: true });
      expect(await store.complete('ada', 'key-1', ID, 'first')).toBe('gone');
    });

    it('gives an expired claim to one of many concurrent callers', async () => {
      await store.claim(aClaim(), T0);
      const later = T0 + IDEMPOTENCY_RETENTION_MS;
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          store.claim(aClaim({ workbenchId: idAt(later, n), expiresAt: later + 1_000 }), later),
        ),
      );
      expect(results.filter(({ claimed }) => claimed)).toHaveLength(1);
    });

    it('completes a claim for the first caller, also when that caller repeats the call', async () => {
      await store.claim(aClaim(), T0);
      expect(await store.complete('ada', 'key-1', ID, 'first')).toBe('completed');
      expect(await store.complete('ada', 'key-1', ID, 'second')).toBe('already');
      expect(await store.complete('ada', 'key-1', ID, 'first')).toBe('completed');
      expect((await store.claim(aClaim({ workbenchId: idAt(T0, 2) }), T0)).claim.state).toBe('done');
    });

    it('completes a claim for one of many concurrent callers', async () => {
      await store.claim(aClaim(), T0);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.complete('ada', 'key-1', ID, `completedBy-${n}`)),
      );
      expect(outcomes.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'already'), 'completed']);
    });

    it('completes no claim that does not exist or names another workbench', async () => {
      expect(await store.complete('ada', 'key-1', ID, 'first')).toBe('gone');
      await store.claim(aClaim(), T0);
      expect(await store.complete('ada', 'key-1', idAt(T0, 2), 'first')).toBe('gone');
      expect(await store.complete('bob', 'key-1', ID, 'first')).toBe('gone');
      expect((await store.claim(aClaim(), T0)).claim.state).toBe('open');
    });

    it('forgets who completed a claim when the key is claimed again', async () => {
      await store.claim(aClaim(), T0);
      await store.complete('ada', 'key-1', ID, 'first');
      const later = T0 + IDEMPOTENCY_RETENTION_MS;
      await store.claim(aClaim({ expiresAt: later + 1_000 }), later);
      expect(await store.complete('ada', 'key-1', ID, 'second')).toBe('completed');
    });
  });
}
