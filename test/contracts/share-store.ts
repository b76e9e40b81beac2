import { afterEach, beforeEach, describe, expect } from 'vitest';
import { type Grantee, granteeKey } from '#core/access/grantee.ts';
import { SHARES_MAX, type Share, type ShareStore } from '#core/ports/share-store.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface ShareStoreSubject {
  readonly store: ShareStore;
  readonly dispose: () => Promise<void>;
}

export const BOB: Grantee = { kind: 'user', userId: 'bob' };

export function aShare(share: Partial<Share> = {}): Share {
  return {
    workbenchId: ID,
    grantee: BOB,
    role: 'use',
    ownerId: 'ada',
    createdBy: 'ada',
    createdAt: T0,
    ...share,
  };
}

/** Grantees that a careless key would confuse. */
export const CONFUSABLE_GRANTEES: readonly Grantee[] = [
  { kind: 'organisation' },
  ...[
    'organisation',
    'a#b',
    'a',
    'A',
    'a/b',
    'a%23b',
    'user:a',
    'group:a',
    'user#a',
    'a:b',
    '*',
    '.',
    '..',
  ].flatMap((name): Grantee[] => [
    { kind: 'user', userId: name },
    { kind: 'group', group: name },
  ]),
  // The same letters to the eye: composed, decomposed, and Cyrillic.
  ...['\u00e4da', 'a\u0308da', '\u0430da', '\u{1f600}', "'; --", 'constructor', '__proto__', ' a', 'a '].map(
    (userId): Grantee => ({ kind: 'user', userId }),
  ),
];

/** The contract of ShareStore. `make` returns an empty store. */
export function describeShareStoreContract(
  name: string,
  make: () => Promise<ShareStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of ShareStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: ShareStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    const other = idAt(T0, 2);
    const keysOf = (shares: readonly Share[]) => shares.map(({ grantee }) => granteeKey(grantee)).sort();

    it('returns a share with all its fields, and nothing for keys without one', async () => {
      const share = aShare({ role: 'manage', expiresAt: T0 + 5 });
      await store.put(share);
      expect(await store.read([{ workbenchId: ID, grantee: BOB }])).toEqual([share]);
      expect(await store.listByWorkbench(ID)).toEqual([share]);
      expect(
        await store.read([
          { workbenchId: other, grantee: BOB },
          { workbenchId: ID, grantee: { kind: 'group', group: 'bob' } },
        ]),
      ).toEqual([]);
      expect(await store.read([])).toEqual([]);
      expect(await store.listByWorkbench(other)).toEqual([]);
    });

    it('replaces the share of the same workbench and grantee, also its expiry', async () => {
      await store.put(aShare({ role: 'manage', expiresAt: T0 + 5 }));
      const again = aShare({ createdBy: 'grace', createdAt: T0 + 1 });
      await store.put(again);
      await store.put(again);
      expect(await store.listByWorkbench(ID)).toEqual([again]);
      expect(await store.listByGrantee(BOB, { limit: 100 })).toEqual([ID]);
    });

    it('returns an expired share, whose time the caller compares', async () => {
      const share = aShare({ expiresAt: Date.now() + 60_000 });
      await store.put(share);
      expect(await store.read([share])).toEqual([share]);
    });

    it('keeps grantees apart that look alike or contain a separator', async () => {
      for (const [n, grantee] of CONFUSABLE_GRANTEES.entries()) {
        await store.put(aShare({ grantee, createdAt: T0 + n }));
      }
      for (const [n, grantee] of CONFUSABLE_GRANTEES.entries()) {
        expect(await store.read([{ workbenchId: ID, grantee }])).toEqual([
          aShare({ grantee, createdAt: T0 + n }),
        ]);
        expect(await store.listByGrantee(grantee, { limit: 100 })).toEqual([ID]);
      }
      const [taken, ...kept] = CONFUSABLE_GRANTEES;
      if (taken === undefined) throw new Error('no grantee');
      await store.delete({ workbenchId: ID, grantee: taken });
      expect(keysOf(await store.listByWorkbench(ID))).toEqual(kept.map(granteeKey).sort());
    });

    it('reads and lists all shares of a workbench at the maximum, and keys that are named twice once', async () => {
      const shares = Array.from({ length: SHARES_MAX + 5 }, (_, n) =>
        aShare({ grantee: { kind: 'user', userId: `user-${n}` }, ownerId: 'o'.repeat(96) }),
      );
      for (const share of shares) await store.put(share);
      expect(keysOf(await store.listByWorkbench(ID))).toEqual(keysOf(shares));
      expect(keysOf(await store.read([...shares, ...shares]))).toEqual(keysOf(shares));
    });

    it('reads shares of several workbenches at once', async () => {
      await store.put(aShare());
      await store.put(aShare({ workbenchId: other, role: 'manage' }));
      const found = await store.read([
        { workbenchId: ID, grantee: BOB },
        { workbenchId: other, grantee: BOB },
      ]);
      expect(new Map(found.map(({ workbenchId, role }) => [workbenchId, role]))).toEqual(
        new Map([
          [ID, 'use'],
          [other, 'manage'],
        ]),
      );
    });

    it('lists the workbenches of a grantee, the newest first, in pages', async () => {
      const ids = Array.from({ length: 5 }, (_, n) => idAt(T0 + n, 1));
      for (const workbenchId of ids) await store.put(aShare({ workbenchId }));
      await store.put(aShare({ workbenchId: other, grantee: { kind: 'group', group: 'bob' } }));
      const [first, second, third, ...rest] = ids.toReversed();
      expect(await store.listByGrantee(BOB, { limit: 2 })).toEqual([first, second]);
      const after = second ?? '';
      expect(await store.listByGrantee(BOB, { limit: 1, after })).toEqual([third]);
      expect(await store.listByGrantee(BOB, { limit: 100, after })).toEqual([third, ...rest]);
      expect(await store.listByGrantee(BOB, { limit: 2, after: rest.at(-1) ?? '' })).toEqual([]);
    });

    it('deletes one share and no other, and deletes one that does not exist', async () => {
      const group: Grantee = { kind: 'group', group: 'bob' };
      await store.put(aShare());
      await store.put(aShare({ grantee: group }));
      await store.put(aShare({ workbenchId: other }));
      await store.delete({ workbenchId: ID, grantee: BOB });
      await store.delete({ workbenchId: ID, grantee: BOB });
      expect(await store.listByWorkbench(ID)).toEqual([aShare({ grantee: group })]);
      expect(await store.listByGrantee(BOB, { limit: 100 })).toEqual([other]);
      expect(await store.read([{ workbenchId: other, grantee: BOB }])).toEqual([
        aShare({ workbenchId: other }),
      ]);
    });

    it('deletes a share for its link, and keeps one that was written since or by another link', async () => {
      const given = aShare({ linkId: 'link-1' });
      await store.put(given);
      await store.deleteByLink(given, 'link-2');
      expect(await store.read([given])).toEqual([given]);
      await store.deleteByLink(given, 'link-1');
      await store.deleteByLink(given, 'link-1');
      expect(await store.read([given])).toEqual([]);
      expect(await store.listByGrantee(BOB, { limit: 100 })).toEqual([]);
      const written = aShare({ createdAt: T0 + 1 });
      await store.put(written);
      await store.deleteByLink(given, 'link-1');
      expect(await store.read([given])).toEqual([written]);
      expect(await store.listByGrantee(BOB, { limit: 100 })).toEqual([ID]);
    });

    it('deletes all shares of a workbench and none of another, any number of times', async () => {
      for (const grantee of CONFUSABLE_GRANTEES) await store.put(aShare({ grantee }));
      await store.put(aShare({ workbenchId: other }));
      await store.deleteAll(ID);
      await store.deleteAll(ID);
      expect(await store.listByWorkbench(ID)).toEqual([]);
      for (const grantee of CONFUSABLE_GRANTEES)
        expect(await store.listByGrantee(grantee, { limit: 100 })).toEqual([]);
      expect(await store.listByGrantee(BOB, { limit: 100 })).toEqual([other]);
    });
  });
}
