import type { Mutant } from './mutants.ts';

const COMMANDS = 'core/access/link-commands.ts';
const REDEEM = "if (gives === undefined || (await ports.links.redeem(link, gives)) === 'done') return found;";

/** Mistakes in links. */
export const LINK_MUTANTS: readonly Mutant[] = [
  {
    name: 'link-used-twice',
    description: 'confirms that a link gives a share although another user has used it at the same time',
    file: COMMANDS,
    find: REDEEM,
    replace:
      'if (gives === undefined || (await ports.links.redeem(link, gives)) !== undefined) return found;',
  },
  {
    name: 'link-use-not-conditional',
    description: 'writes the share of a link, and counts the use in a second write whose refusal it ignores',
    file: COMMANDS,
    find: REDEEM,
    replace: `if (gives !== undefined) {
      await (ports as any).shares.put(gives.share);
      await ports.links.redeem(link, { ...gives, replaces: gives.share });
    }
    return found;`,
  },
  {
    name: 'link-use-counted-again',
    description: 'counts another use when the same user redeems the link again',
    file: COMMANDS,
    find: 'until >= untilBefore && (more > before || until > untilBefore);',
    replace: 'until >= untilBefore;',
  },
  {
    name: 'link-expiry-in-seconds',
    description: 'reads the end of a link as seconds',
    file: COMMANDS,
    find: "if (now >= link.redeemableUntil) throw linkNotFound('link_expired');",
    replace: "if (now / 1000 >= link.redeemableUntil) throw linkNotFound('link_expired');",
  },
  {
    name: 'link-share-without-end',
    description: 'gives a share without an end by a link with one',
    file: COMMANDS,
    find: `    ...{ workbenchId, grantee, role, ownerId, createdBy: by, createdAt: now, linkId },
    ...(expiresAt === undefined ? {} : { expiresAt }),`,
    replace: '    ...{ workbenchId, grantee, role, ownerId, createdBy: by, createdAt: now, linkId },',
  },
  {
    name: 'revoked-link-redeemable',
    description: 'confirms that a link is revoked before the table does',
    file: COMMANDS,
    find: 'await links.delete(key);',
    replace: 'links.delete(key).catch(() => {});',
  },
  {
    name: 'link-revoked-after-its-shares',
    description: 'takes back the shares that a link gave before it deletes the link',
    file: COMMANDS,
    find: `  await links.delete(key);
  if (!withShares) return;
  for (const share of await shares.listByWorkbench(key.workbenchId)) {
    if (share.linkId !== key.linkId) continue;
    await record(share);
    // The owner may have written the share again since the list was read.
    await shares.deleteByLink(share, key.linkId);
  }`,
    replace: `  for (const share of withShares ? await shares.listByWorkbench(key.workbenchId) : []) {
    if (share.linkId !== key.linkId) continue;
    await record(share);
    await shares.deleteByLink(share, key.linkId);
  }
  await links.delete(key);`,
  },
  {
    name: 'link-revocation-takes-written',
    description:
      'takes back a share although the owner has written it again since the shares of the link were listed',
    file: COMMANDS,
    find: 'await shares.deleteByLink(share, key.linkId);',
    replace: 'await (shares as any).delete(share);',
  },
  {
    name: 'link-of-earlier-owner',
    description: 'lets a link give shares at the workbench of another owner',
    file: COMMANDS,
    find: 'if (workbench === undefined || workbench.userId !== link.ownerId || isDeleted(workbench))',
    replace: 'if (workbench === undefined || isDeleted(workbench))',
  },
  {
    name: 'redeem-audit-dropped-on-retry',
    description: 'does not store the event of a redemption again after the table has throttled it',
    file: COMMANDS,
    find: 'if (!isRecorded) await record(found);',
    replace:
      "if (!isRecorded) await record(found).catch((error) => {\n        if (!error.detail?.startsWith('throttled')) throw error;\n      });",
  },
  {
    name: 'redeem-audit-after-the-share',
    description: 'stores the event of a redemption after the share',
    file: COMMANDS,
    find: `    if (!isRecorded) await record(found);
    isRecorded = true;
    checkDeadline();
    ${REDEEM}`,
    replace: `    if (gives === undefined || (await ports.links.redeem(link, gives)) === 'done') {
      if (!isRecorded) await record(found);
      isRecorded = true;
      return found;
    }`,
  },
];
