import { afterEach, beforeEach, describe, expect } from 'vitest';
import { LINKS_MAX, type ShareLink, type ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';
import { aShare, BOB } from './share-store.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface ShareLinkStoreSubject {
  readonly store: ShareLinkStore;
  /** The shares of the same table. */
  readonly shares: ShareStore;
  readonly dispose: () => Promise<void>;
}

export const LINK_ID = '7h2k9qz4v8x1m3np';

/** A link to ID for two users in the role `use`. */
export function aLink(link: Partial<ShareLink> = {}): ShareLink {
  return {
    workbenchId: ID,
    linkId: LINK_ID,
    hash: 'h'.repeat(43),
    role: 'use',
    ownerId: 'ada',
    createdBy: 'ada',
    createdAt: T0,
    redeemableUntil: T0 + 60_000,
    uses: 2,
    usesLeft: 2,
    ...link,
  };
}

/** The contract of ShareLinkStore. `make` returns empty stores. */
export function describeShareLinkStoreContract(
  name: string,
  make: () => Promise<ShareLinkStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of ShareLinkStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: ShareLinkStore;
    let shares: ShareStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, shares, dispose } = await make());
    });
    afterEach(() => dispose());

    const other = idAt(T0, 2);
    const share = aShare({ linkId: LINK_ID, createdAt: T0 + 1 });
    const usesLeft = async () => (await store.read(aLink()))?.usesLeft;

    it('returns a link with all its fields, and nothing for keys without one', async () => {
      const link = aLink({ role: 'manage', expiresAt: T0 + 5 });
      await store.create(link);
      expect(await store.read({ workbenchId: ID, linkId: LINK_ID })).toEqual(link);
      expect(await store.listByWorkbench(ID)).toEqual([link]);
      expect(await store.read({ workbenchId: other, linkId: LINK_ID })).toBeUndefined();
      expect(await store.read({ workbenchId: ID, linkId: '0'.repeat(16) })).toBeUndefined();
      expect(await store.listByWorkbench(other)).toEqual([]);
    });

    it('keeps links and shares of a workbench apart, also of users whose names look like links', async () => {
      await store.create(aLink());
      const confusable = ['link', `link#${LINK_ID}`, LINK_ID].map((userId) =>
        aShare({ grantee: { kind: 'user', userId } }),
      );
      for (const each of confusable) await shares.put(each);
      expect(await store.listByWorkbench(ID)).toEqual([aLink()]);
      expect(await shares.listByWorkbench(ID)).toHaveLength(confusable.length);
      for (const each of confusable) expect(await shares.read([each])).toEqual([each]);
    });

    it('lists all links at the maximum', async () => {
      const ids = Array.from({ length: LINKS_MAX + 5 }, (_, n) => String(n).padStart(16, '0'));
      for (const linkId of ids) await store.create(aLink({ linkId, ownerId: 'o'.repeat(96) }));
      expect((await store.listByWorkbench(ID)).map(({ linkId }) => linkId).sort()).toEqual(ids);
    });

    it('counts a use and writes the share together', async () => {
      await store.create(aLink());
      expect(await store.redeem(aLink(), { share })).toBe('done');
      expect(await usesLeft()).toBe(1);
      expect(await shares.read([share])).toEqual([share]);
      expect(await shares.listByGrantee(BOB, { limit: 100 })).toEqual([ID]);
    });

    it('gives the last use once, also to several at the same time', async () => {
      await store.create(aLink({ uses: 1, usesLeft: 1 }));
      const users = Array.from({ length: 8 }, (_, n) => ({ kind: 'user', userId: `user-${n}` }) as const);
      const redeem = (grantee: (typeof users)[number]) =>
        store.redeem(aLink({ uses: 1, usesLeft: 1 }), { share: { ...share, grantee } });
      const outcomes = await Promise.all(users.map(redeem));
      // DynamoDB may refuse all of them for their conflict. Then another attempt succeeds.
      if (!outcomes.includes('done')) outcomes.push(await redeem({ kind: 'user', userId: 'user-0' }));
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
      expect(await shares.listByWorkbench(ID)).toHaveLength(1);
      expect(await usesLeft()).toBe(0);
    });

    it('refuses a link that does not exist, was deleted or has no uses left, and writes no share', async () => {
      expect(await store.redeem(aLink(), { share })).toBe('refused');
      await store.create(aLink());
      await store.delete(aLink());
      await store.delete(aLink());
      expect(await store.redeem(aLink(), { share })).toBe('refused');
      await store.create(aLink({ usesLeft: 0 }));
      expect(await store.redeem(aLink({ usesLeft: 0 }), { share })).toBe('refused');
      // Read before it was used.
      expect(await store.redeem(aLink(), { share })).toBe('refused');
      await store.create(aLink({ workbenchId: other }));
      expect(await store.redeem(aLink(), { share })).toBe('refused');
      expect(await shares.listByWorkbench(ID)).toEqual([]);
      expect(await store.read(aLink({ workbenchId: other }))).toEqual(aLink({ workbenchId: other }));
    });

    it('replaces a share only if it is the one that the caller has read', async () => {
      await store.create(aLink());
      const before = aShare();
      await shares.put(before);
      expect(await store.redeem(aLink(), { share })).toBe('refused');
      const earlier = { ...before, createdAt: T0 - 1 };
      expect(await store.redeem(aLink(), { share, replaces: earlier })).toBe('refused');
      expect([await usesLeft(), ...(await shares.read([before]))]).toEqual([2, before]);
      expect(await store.redeem(aLink(), { share, replaces: before })).toBe('done');
      expect([await usesLeft(), ...(await shares.read([before]))]).toEqual([1, share]);
      await shares.delete(before);
      const used = aLink({ usesLeft: 1 });
      expect(await store.redeem(used, { share, replaces: share })).toBe('refused');
      expect(await store.redeem(used, { share })).toBe('done');
    });

    it('deletes one link and no other, and no share', async () => {
      const second = aLink({ linkId: '0'.repeat(16) });
      for (const link of [aLink(), second, aLink({ workbenchId: other })]) await store.create(link);
      await store.redeem(aLink(), { share });
      await store.delete(aLink());
      expect(await store.listByWorkbench(ID)).toEqual([second]);
      expect(await store.listByWorkbench(other)).toHaveLength(1);
      expect(await shares.read([share])).toEqual([share]);
    });

    it('loses its links with the shares of the workbench', async () => {
      for (const workbenchId of [ID, other]) await store.create(aLink({ workbenchId }));
      await shares.put(aShare());
      await shares.deleteAll(ID);
      expect(await store.listByWorkbench(ID)).toEqual([]);
      expect(await store.read(aLink())).toBeUndefined();
      expect(await store.listByWorkbench(other)).toHaveLength(1);
    });
  });
}
