import { formatGrantee, type Grantee } from '#core/access/grantee.ts';
import { LINK_VALID_MS } from '#core/access/share-links.ts';
import type { ShareLink } from '#core/ports/share-link-store.ts';
import type { Share, ShareKey } from '#core/ports/share-store.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { linkSubject, type RequestEvents } from './request-events.ts';
import type { ApiCall } from './rights-checks.ts';
import { RuleViolation } from './rule-violation.ts';

/** A link as it was stored, with what has become of it. */
interface KnownLink {
  readonly link: ShareLink;
  readonly storedAt: number;
  /** When it was deleted. */
  revokedAt?: number;
  given: number;
}

export interface LinkChecksOptions {
  readonly now: () => number;
  /** How far the clock of a function may differ from the actual time, milliseconds. */
  readonly clockSkewMaxMs: number;
  readonly events: RequestEvents;
  /** The owner at present, and since when; undefined if the workbench has no record. */
  readonly ownership: (
    workbenchId: string,
  ) => (Pick<WorkbenchKey, 'userId'> & { readonly since: number }) | undefined;
  readonly isDeletionRequested: (workbenchId: string) => boolean;
}

/**
 * The rules about links, which must hold at all times: a link gives at most as many rights as it has uses, each to another user, with its
 * role and its end, and none once it was revoked or has expired; no user is refused while the link can be redeemed; and what a revocation takes back are
 * the shares that the link gave, all of them if it was asked for. They compare requests and responses with what was stored, never with what a
 * function has read.
 */
export class LinkChecks {
  readonly #options: LinkChecksOptions;
  readonly #links = new Map<string, KnownLink>();
  /** `<workbench id> <grantee>` → the share in force or expired. */
  readonly #shares = new Map<string, Share>();
  /** Id of a request → the shares that it deleted. */
  readonly #deletions = new Map<string, number>();

  constructor(options: LinkChecksOptions) {
    this.#options = options;
  }

  /** Called when a link has been stored. */
  checkCreated(link: ShareLink, requestId: string): void {
    const { events, now } = this.#options;
    this.#links.set(link.linkId, { link, storedAt: now(), given: 0 });
    events.checkRecorded(requestId, `created link ${link.linkId}`, linkSubject(link.linkId));
  }

  /** Called when a link has been deleted, or when there was none to delete. */
  checkRevoked(linkId: string, requestId: string): void {
    const known = this.#links.get(linkId);
    if (known !== undefined) known.revokedAt ??= this.#options.now();
    this.#options.events.checkRecorded(requestId, `revoked link ${linkId}`, linkSubject(linkId));
  }

  /** Called when a share has been stored. */
  checkPut(share: Share, requestId: string): void {
    const name = nameOf(share.workbenchId, share.grantee);
    const before = this.#shares.get(name);
    this.#shares.set(name, share);
    if (share.linkId !== undefined) this.#checkGiven(share, share.linkId, before, requestId);
  }

  /** Whether the share was last written by this link. */
  isGivenBy({ workbenchId, grantee }: ShareKey, linkId: string): boolean {
    return this.#shares.get(nameOf(workbenchId, grantee))?.linkId === linkId;
  }

  /** Called when a share has been deleted, or when there was none to delete. */
  checkDeleted(workbenchId: string, grantee: Grantee, requestId: string): void {
    const name = nameOf(workbenchId, grantee);
    const deleted = this.#shares.get(name);
    this.#shares.delete(name);
    if (deleted === undefined) return;
    this.#deletions.set(requestId, (this.#deletions.get(requestId) ?? 0) + 1);
    const revoked = this.#options.events.revokedBy(requestId);
    if (revoked === undefined || deleted.linkId === revoked) return;
    throw new RuleViolation(
      `${requestId} revoked link ${revoked} and deleted the share of ${formatGrantee(grantee)}, which ${deleted.linkId === undefined ? 'its owner' : `link ${deleted.linkId}`} gave`,
    );
  }

  /** Called when all shares and links of a workbench have been deleted. */
  noteDeletedAll(workbenchId: string): void {
    for (const [name, share] of this.#shares)
      if (share.workbenchId === workbenchId) this.#shares.delete(name);
    for (const known of this.#links.values())
      if (known.link.workbenchId === workbenchId) known.revokedAt ??= this.#options.now();
  }

  /** Called with each response of a function. */
  checkResponse(apiCall: ApiCall): void {
    const { operation, response } = apiCall;
    if (operation === 'createLink' && response.status === 200) this.#checkTerms(apiCall);
    if (operation === 'listLinks' && response.status === 200) this.#checkListed(apiCall);
    if (operation === 'deleteLink' && response.status === 200) this.#checkRevocation(apiCall);
    if (operation === 'redeemLink' && response.status < 500) this.#checkRedemption(apiCall);
  }

  #checkGiven(share: Share, linkId: string, before: Share | undefined, requestId: string): void {
    const { events, ownership, clockSkewMaxMs, now } = this.#options;
    const grantee = formatGrantee(share.grantee);
    const gave = `${requestId} gave ${grantee} a share of link ${linkId}`;
    const known = this.#links.get(linkId);
    if (known === undefined) throw new RuleViolation(`${gave}, which was never created`);
    known.given += 1;
    const { link, revokedAt, given } = known;
    events.checkRecorded(requestId, `gave ${grantee} a share of link ${linkId}`, linkSubject(linkId));
    if (revokedAt !== undefined)
      throw new RuleViolation(`${gave}, which was revoked ${now() - revokedAt} ms before`);
    if (given > link.uses)
      throw new RuleViolation(`${gave}, which is for ${link.uses} users and has given ${given} shares`);
    if (share.role !== link.role || share.expiresAt !== link.expiresAt)
      throw new RuleViolation(
        `${gave} with the role ${share.role} until ${share.expiresAt}, not ${link.role} until ${link.expiresAt}`,
      );
    const isInForce = (before?.expiresAt ?? Number.POSITIVE_INFINITY) - clockSkewMaxMs > now();
    if (before?.linkId === linkId && isInForce)
      throw new RuleViolation(`${gave} and counted a use, although the link had given it before`);
    const owner = ownership(link.workbenchId);
    if (owner !== undefined && owner.userId !== link.ownerId && owner.since < events.begunAt(requestId))
      throw new RuleViolation(
        `${gave}, which was created by ${link.ownerId}, although ${owner.userId} owns the workbench`,
      );
  }

  /** A link that a response confirms is stored as it was requested. */
  #checkTerms({ requestId, call, response }: ApiCall): void {
    const { role, uses = 1, expires_at: end } = call.body as LinkBody;
    const { link_id: linkId } = response.body.item;
    const link = this.#links.get(linkId)?.link;
    const expiresAt = end === undefined ? undefined : Date.parse(end);
    if (link?.role === role && link.uses === uses && link.expiresAt === expiresAt) return;
    throw new RuleViolation(`${requestId} confirmed link ${linkId}, but it is stored with other terms`);
  }

  #checkListed({ requestId, sentAt, response }: ApiCall): void {
    for (const { link_id: linkId } of response.body.items) {
      const known = this.#links.get(linkId);
      if (known === undefined || (known.revokedAt ?? Number.POSITIVE_INFINITY) < sentAt)
        throw new RuleViolation(`${requestId} listed link ${linkId}, which does not exist`);
    }
  }

  /** After a confirmed revocation there is no link, and if it was asked for, no share that the link gave. */
  #checkRevocation({ requestId, call }: ApiCall): void {
    const { linkId = '' } = call;
    const known = this.#links.get(linkId);
    if (known !== undefined && known.revokedAt === undefined)
      throw new RuleViolation(`${requestId} confirmed that link ${linkId} is revoked, but it exists`);
    const withShares = call.query?.includes('shares=true') === true;
    if (!withShares && this.#deletions.has(requestId))
      throw new RuleViolation(`${requestId} revoked link ${linkId} and deleted a share, which was to stay`);
    const left = [...this.#shares.values()].find((share) => share.linkId === linkId);
    if (withShares && left !== undefined)
      throw new RuleViolation(
        `${requestId} confirmed that all shares of link ${linkId} are taken back, but ${formatGrantee(left.grantee)} has one`,
      );
  }

  #checkRedemption({ requestId, call, sentAt, response }: ApiCall): void {
    const { now, clockSkewMaxMs, ownership, isDeletionRequested } = this.#options;
    const userId = call.authorizer?.subject ?? '';
    const [workbenchId = '', linkId = ''] = (call.body as { readonly code: string }).code.split('.');
    const known = this.#links.get(linkId);
    const owner = ownership(workbenchId);
    const confirmed = `${requestId} returned ${response.status} to ${userId}, who redeemed link ${linkId}`;
    if (known === undefined) {
      if (response.status === 200) throw new RuleViolation(`${confirmed}, which does not exist`);
      return;
    }
    const { link, storedAt, revokedAt, given } = known;
    const end = link.expiresAt ?? link.createdAt + LINK_VALID_MS;
    const isEarlier = owner !== undefined && owner.userId !== link.ownerId;
    if (response.status === 200) {
      if (revokedAt !== undefined && revokedAt < sentAt)
        throw new RuleViolation(`${confirmed}, which was revoked ${sentAt - revokedAt} ms before`);
      if (end + clockSkewMaxMs < sentAt)
        throw new RuleViolation(`${confirmed}, which had expired ${sentAt - end} ms before`);
      if (isEarlier && owner.since < sentAt)
        throw new RuleViolation(`${confirmed}, although the workbench got another owner`);
      return;
    }
    const isRedeemable =
      storedAt < sentAt && revokedAt === undefined && now() + clockSkewMaxMs < end && given < link.uses;
    if (!isRedeemable || isDeletionRequested(workbenchId)) return;
    if (owner === undefined || isEarlier || owner.since > sentAt) return;
    throw new RuleViolation(`${confirmed}, which can be redeemed by ${link.uses - given} more users`);
  }
}

interface LinkBody {
  readonly role: string;
  readonly uses?: number;
  readonly expires_at?: string;
}

function nameOf(workbenchId: string, grantee: Grantee): string {
  return `${workbenchId} ${formatGrantee(grantee)}`;
}
