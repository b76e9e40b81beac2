import * as z from 'zod/mini';
import { SHARED_ROLES, type SharedRole } from '../access/rights.ts';
import type { Share } from './share-store.ts';

/** A link with which users give themselves a share of a workbench. It gives no right until it is redeemed. */
export interface ShareLink {
  readonly workbenchId: string;
  readonly linkId: string;
  /** SHA-256 of the secret in the link, base64url. The secret itself is not stored. */
  readonly hash: string;
  /** The role of the shares that it gives. */
  readonly role: SharedRole;
  /** The owner when the link was created. It gives nothing at the workbench of another owner. */
  readonly ownerId: string;
  /** Who created it, as the history names callers. */
  readonly createdBy: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The end of the time in which it can be redeemed, milliseconds since 1970. */
  readonly redeemableUntil: number;
  /** When the shares that it gives end, milliseconds since 1970; absent: when they are taken back. */
  readonly expiresAt?: number | undefined;
  /** How many users can redeem it at most. */
  readonly uses: number;
  readonly usesLeft: number;
}

/** What a store keeps of a link besides its key and its uses left. */
export const storedLinkSchema = z.object({
  hash: z.string(),
  role: z.enum(SHARED_ROLES),
  ownerId: z.string(),
  createdBy: z.string(),
  createdAt: z.int(),
  redeemableUntil: z.int(),
  expiresAt: z.optional(z.int()),
  uses: z.int(),
});

export interface ShareLinkKey {
  readonly workbenchId: string;
  readonly linkId: string;
}

/** The most links of a workbench that can be redeemed. Requests at the same time may exceed it by their number. */
export const LINKS_MAX = 20;

/** The most uses of a link. */
export const LINK_USES_MAX = 100;

/** How long a store keeps a link that can no longer be redeemed, milliseconds: its holders learn that it has expired. */
export const LINK_KEPT_MS = 24 * 60 * 60 * 1000;

/** What redeeming a link writes. */
export interface RedeemedShare {
  readonly share: Share;
  /** The share in whose place it is written, as it was read; absent if there was none. */
  readonly replaces?: Share | undefined;
}

/**
 * The links of workbenches. `ShareStore.deleteAll` deletes them with the shares of a workbench.
 *
 * All methods throw PortError. After `unavailable` a write may have had its effect, or half of it, and may be repeated.
 */
export interface ShareLinkStore {
  /** Stores a link. An id does not occur twice. */
  create(link: ShareLink): Promise<void>;
  /** Returns the link, even if it has expired or has no uses left; undefined if there is none. Sees every write that has returned. */
  read(key: ShareLinkKey): Promise<ShareLink | undefined>;
  /** Returns all links of the workbench, in any order. Sees every write that has returned. */
  listByWorkbench(workbenchId: string): Promise<readonly ShareLink[]>;
  /**
   * Counts a use and writes the share, both or neither. `refused` if the link does not exist, has no uses left or was used since it
   * was read, or if the share of the grantee was written at another time than the one that `replaces` names: then it changed nothing. The caller
   * compares the times.
   */
  redeem(link: ShareLink, redeemed: RedeemedShare): Promise<'done' | 'refused'>;
  /** Deletes the link. One that does not exist counts as deleted. The shares that it gave stay. */
  delete(key: ShareLinkKey): Promise<void>;
}
