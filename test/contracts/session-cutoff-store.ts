import { afterEach, beforeEach, describe, expect } from 'vitest';
import { ISSUER_CUTOFFS_MAX, type SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import { T0 } from '#test/builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface SessionCutoffStoreSubject {
  readonly store: SessionCutoffStore;
  readonly dispose: () => Promise<void>;
}

/** The contract of SessionCutoffStore. `make` returns an empty store. */
export function describeSessionCutoffStoreContract(
  name: string,
  make: () => Promise<SessionCutoffStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of SessionCutoffStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: SessionCutoffStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    it('returns no cutoff of a user whose sessions were not ended', async () => {
      await store.raise('bob', T0);
      expect(await store.read('ada')).toEqual({ byIssuerSession: {} });
    });

    it('keeps the latest time of all sessions', async () => {
      for (const at of [T0 + 1, T0, T0 + 2, T0 + 1]) await store.raise('ada', at);
      expect(await store.read('ada')).toEqual({ all: T0 + 2, byIssuerSession: {} });
    });

    it('keeps the latest time of each session at the issuer, of any name', async () => {
      for (const sid of ['sid', 'constructor', 'ä#"', 'toString']) {
        await store.raise('ada', T0 + 1, sid);
        await store.raise('ada', T0, sid);
      }
      expect(await store.read('ada')).toEqual({
        byIssuerSession: { sid: T0 + 1, constructor: T0 + 1, 'ä#"': T0 + 1, toString: T0 + 1 },
      });
    });

    it('keeps both kinds, and forgets a session that is ended with all', async () => {
      await store.raise('ada', T0, 'ended');
      await store.raise('ada', T0 + 5, 'later');
      await store.raise('ada', T0 + 1);
      expect(await store.read('ada')).toEqual({ all: T0 + 1, byIssuerSession: { later: T0 + 5 } });
    });

    it('keeps no session that ended before all did', async () => {
      await store.raise('ada', T0 + 2);
      await store.raise('ada', T0 + 1, 'earlier');
      expect(await store.read('ada')).toEqual({ all: T0 + 2, byIssuerSession: {} });
    });

    it('keeps users of every kind of name apart', async () => {
      const users = ['ada', 'Ada', 'ada#1', 'ädä', '😀', "'; --"];
      for (const [n, userId] of users.entries()) await store.raise(userId, T0 + n);
      for (const [n, userId] of users.entries()) expect((await store.read(userId)).all).toBe(T0 + n);
    });

    it('ends all sessions instead of keeping too many of them', async () => {
      for (let n = 0; n <= ISSUER_CUTOFFS_MAX; n += 1) await store.raise('ada', T0 + n, `sid-${n}`);
      expect(await store.read('ada')).toEqual({ all: T0 + ISSUER_CUTOFFS_MAX, byIssuerSession: {} });
    });

    it('loses none of 10 concurrent calls', async () => {
      const times = Array.from({ length: 10 }, (_, n) => T0 + n);
      await Promise.all(times.map((at) => store.raise('ada', at, at % 2 === 0 ? `sid-${at}` : undefined)));
      const { all, byIssuerSession } = await store.read('ada');
      expect(all).toBe(T0 + 9);
      expect(byIssuerSession).toEqual({});
      await Promise.all(times.map((at) => store.raise('bob', at, `sid-${at}`)));
      expect((await store.read('bob')).byIssuerSession).toEqual(
        Object.fromEntries(times.map((at) => [`sid-${at}`, at])),
      );
    });
  });
}
