import { startChangeDeadline } from '../change-deadline.ts';
import { WorkbenchError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import {
  LINKS_MAX,
  type ShareLink,
  type ShareLinkKey,
  type ShareLinkStore,
} from '../ports/share-link-store.ts';
import type { Share, ShareStore } from '../ports/share-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { isDeleted, type Workbench } from '../workbench/workbench.ts';
import { readShared } from './find-access.ts';
import type { Grantee } from './grantee.ts';
import { type Role, SHARED_ROLES, type SharedRole } from './rights.ts';
import { checkShare } from './share-commands.ts';
import { LINK_VALID_MS } from './share-links.ts';
import { isInForce } from './shared-role.ts';

export interface NewLink {
  readonly linkId: string;
  /** SHA-256 of its secret, base64url. */
  readonly hash: string;
  readonly role: SharedRole;
  readonly uses: number;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** The caller, as the history names it. */
  readonly by: string;
}

type Links = Pick<ShareLinkStore, 'read' | 'listByWorkbench' | 'redeem' | 'delete'>;

/** `Retry-After` of a request beyond the maximum, in seconds. A link must be revoked first. */
const MAXIMUM_RETRY_AFTER_SECONDS = 60;

/** How often a link is redeemed anew after another write at the same time. */
const ATTEMPTS_MAX = 5;

/**
 * Returns the link that a request wants, after every check. The caller records it in the audit and then stores it.
 * @throws WorkbenchError `deleting`; `too_many_requests` (`link_limit`)
 */
export async function checkLink(
  ports: { readonly links: Pick<Links, 'listByWorkbench'>; readonly clock: Clock },
  workbench: Workbench,
  { linkId, hash, role, uses, expiresAt, by }: NewLink,
): Promise<ShareLink> {
  const { workbenchId, userId, status } = workbench;
  if (status === 'deleting') throw new WorkbenchError('deleting', 'The workbench is being deleted.');
  if ((await listLinks(ports, workbench)).length >= LINKS_MAX) {
    throw new WorkbenchError(
      'too_many_requests',
      `A workbench may have ${LINKS_MAX} links. Revoke one before you create another.`,
      { reason: 'link_limit', retryAfterSeconds: MAXIMUM_RETRY_AFTER_SECONDS },
    );
  }
  const now = ports.clock.now();
  return {
    workbenchId,
    linkId,
    hash,
    role,
    ownerId: userId,
    createdBy: by,
    createdAt: now,
    redeemableUntil: expiresAt ?? now + LINK_VALID_MS,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    uses,
    usesLeft: uses,
  };
}

/** Returns the links of a workbench that can be redeemed, the oldest first. Omits links of an earlier owner, which are no longer valid. */
export async function listLinks(
  { links, clock }: { readonly links: Pick<Links, 'listByWorkbench'>; readonly clock: Clock },
  { workbenchId, userId }: Pick<Workbench, 'workbenchId' | 'userId'>,
): Promise<readonly ShareLink[]> {
  const now = clock.now();
  const found = (await links.listByWorkbench(workbenchId)).filter(
    ({ ownerId, usesLeft, redeemableUntil }) => ownerId === userId && usesLeft > 0 && now < redeemableUntil,
  );
  return found.toSorted((a, b) => a.createdAt - b.createdAt || (a.linkId < b.linkId ? -1 : 1));
}

/**
 * Deletes a link, and if it is asked for the shares that it gave. Both even if the link no longer exists.
 * @param record records that a share is taken back, before it is
 */
export async function revokeLink(
  {
    links,
    shares,
  }: { readonly links: Links; readonly shares: Pick<ShareStore, 'listByWorkbench' | 'deleteByLink'> },
  key: ShareLinkKey,
  withShares: boolean,
  record: (share: Share) => Promise<void>,
): Promise<void> {
  // First, so that no share is given after the list was read.
  await links.delete(key);
  if (!withShares) return;
  for (const share of await shares.listByWorkbench(key.workbenchId)) {
    if (share.linkId !== key.linkId) continue;
    await record(share);
    // The owner may have written the share again since the list was read.
    await shares.deleteByLink(share, key.linkId);
  }
}

export interface RedeemPorts {
  readonly workbenches: Pick<WorkbenchStore, 'read' | 'findByWorkbenchId' | 'findMoved'>;
  readonly shares: Pick<ShareStore, 'read' | 'listByWorkbench'>;
  readonly links: Pick<Links, 'read' | 'redeem'>;
  readonly clock: Clock;
}

/** What a link means for one user. */
export interface FoundLink {
  readonly link: ShareLink;
  readonly workbench: Workbench;
  /** What the user may do already; absent if the user has no share of its own. */
  readonly present?: { readonly role: Role; readonly expiresAt?: number | undefined };
  /** What redeeming writes. Absent if the user would gain nothing: it owns the workbench, or has a share already. */
  readonly gives?: { readonly share: Share; readonly replaces?: Share | undefined };
}

/**
 * Finds a link for the user who has it. A link never takes a right away: it replaces a share of the user only if that one gives
 * no right that the link does not give, and none for longer.
 * @param code the link, and the hash of the secret that the user has sent
 * @param by the caller, as the history names it
 * @throws WorkbenchError `link_not_found` (`link_unknown`, `link_expired`, `link_used_up`); `deleting`
 */
export async function findLink(
  { workbenches, shares, links, clock }: RedeemPorts,
  userId: string,
  { workbenchId, linkId, hash }: ShareLinkKey & { readonly hash: string },
  by: string,
): Promise<FoundLink> {
  const link = await links.read({ workbenchId, linkId });
  // A comparison of hashes of random secrets reveals nothing by its duration.
  if (link === undefined || link.hash !== hash) throw linkNotFound('link_unknown');
  const workbench = await readShared(workbenches, workbenchId, link.ownerId);
  if (workbench === undefined || workbench.userId !== link.ownerId || isDeleted(workbench))
    throw linkNotFound('link_unknown');
  const now = clock.now();
  if (now >= link.redeemableUntil) throw linkNotFound('link_expired');
  if (workbench.userId === userId) return { link, workbench, present: { role: 'owner' } };
  const grantee: Grantee = { kind: 'user', userId };
  const [stored] = await shares.read([{ workbenchId, grantee }]);
  const inForce = stored !== undefined && isInForce(stored, now) ? stored : undefined;
  const present = inForce === undefined ? {} : { present: inForce };
  if (inForce !== undefined && !improves(link, inForce)) return { link, workbench, ...present };
  if (link.usesLeft < 1) throw linkNotFound('link_used_up');
  const { ownerId, role, expiresAt } = link;
  const share: Share = {
    ...{ workbenchId, grantee, role, ownerId, createdBy: by, createdAt: now, linkId },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  return {
    link,
    workbench,
    ...present,
    gives: { share, ...(stored === undefined ? {} : { replaces: stored }) },
  };
}

/**
 * Gives the user the share of a link and counts a use. Repeated, it counts none.
 * @param record records the change in the audit: called after every check and before the change, even if there is none
 * @throws WorkbenchError as `findLink`; `too_many_requests` (`share_limit`); `unavailable` (`conflict`, `timeout`)
 */
export async function redeemLink(
  ports: RedeemPorts,
  userId: string,
  code: ShareLinkKey & { readonly hash: string },
  by: string,
  record: (found: FoundLink) => Promise<void>,
): Promise<FoundLink> {
  const checkDeadline = startChangeDeadline(ports.clock);
  let isRecorded = false;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const found = await findLink(ports, userId, code, by);
    const { gives, link, workbench } = found;
    if (gives !== undefined) await checkShare(ports, workbench, { ...gives.share, by });
    if (!isRecorded) await record(found);
    isRecorded = true;
    checkDeadline();
    if (gives === undefined || (await ports.links.redeem(link, gives)) === 'done') return found;
  }
  throw new WorkbenchError('unavailable', 'The link is being used by others at the moment. Try again.', {
    reason: 'conflict',
  });
}

/** Whether the link gives everything that the share gives, for as long, and something more. */
function improves(link: ShareLink, share: Share): boolean {
  const [more, before] = [rankOf(link.role), rankOf(share.role)];
  const [until, untilBefore] = [link.expiresAt ?? Infinity, share.expiresAt ?? Infinity];
  return more >= before && until >= untilBefore && (more > before || until > untilBefore);
}

/** A role with more rights has a higher rank. */
function rankOf(role: SharedRole): number {
  return -SHARED_ROLES.indexOf(role);
}

const NOT_FOUND_MESSAGES = {
  link_unknown: 'There is no such link. It may have been revoked.',
  link_expired: 'The link has expired. Ask its owner for another one.',
  link_used_up: 'The link was used as often as it may be. Ask its owner for another one.',
} as const;

function linkNotFound(reason: keyof typeof NOT_FOUND_MESSAGES): WorkbenchError {
  return new WorkbenchError('link_not_found', NOT_FOUND_MESSAGES[reason], { reason });
}
