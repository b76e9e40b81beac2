import * as z from 'zod/mini';
import type { Grantee } from '../access/grantee.ts';
import { SHARED_ROLES, type SharedRole } from '../access/rights.ts';

/** One right of others at a workbench. It gives nothing after `expiresAt`, nor without the record of the workbench. */
export interface Share {
  readonly workbenchId: string;
  readonly grantee: Grantee;
  readonly role: SharedRole;
  /** The owner when the share was written. A hint where the record is: the workbench may have another owner by now. */
  readonly ownerId: string;
  /** Who wrote it, as the history names callers. */
  readonly createdBy: string;
  /** When it was written last, milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; absent: until it is taken back. */
  readonly expiresAt?: number | undefined;
  /** The link that gave it; absent if the owner has written it. */
  readonly linkId?: string | undefined;
}

/** What a store keeps of a share besides its key. */
export const storedShareSchema = z.object({
  role: z.enum(SHARED_ROLES),
  ownerId: z.string(),
  createdBy: z.string(),
  createdAt: z.int(),
  expiresAt: z.optional(z.int()),
  linkId: z.optional(z.string()),
});

export interface ShareKey {
  readonly workbenchId: string;
  readonly grantee: Grantee;
}

/** The most shares of a workbench. Requests at the same time may exceed it by their number. */
export const SHARES_MAX = 100;

/**
 * The shares of workbenches, one per workbench and grantee. An expired share may be returned: the caller compares the
 * time. A store deletes it some time after it has expired.
 *
 * The list by grantee is written before a share and deleted after it. It may name a workbench whose share is gone; and if
 * the same share is written and deleted at the same time, it may miss the share until it is written again. It gives no
 * right.
 *
 * All methods throw PortError. After `unavailable` a write may have had its effect, or half of it, and may be repeated.
 */
export interface ShareStore {
  /** Writes the share, in the place of one of the same workbench and grantee. */
  put(share: Share): Promise<void>;
  /** Returns the shares with these keys, in any order. Sees every write that has returned. @param keys any number */
  read(keys: readonly ShareKey[]): Promise<readonly Share[]>;
  /** Returns all shares of the workbench, in any order. Sees every write that has returned. */
  listByWorkbench(workbenchId: string): Promise<readonly Share[]>;
  /**
   * Hint: returns the ids of workbenches that are shared with the grantee, the newest first.
   * @param page limit: 1-100; after: only ids before this one in the order of texts
   */
  listByGrantee(grantee: Grantee, page: { limit: number; after?: string }): Promise<readonly string[]>;
  /** Deletes the share. One that does not exist counts as deleted. */
  delete(key: ShareKey): Promise<void>;
  /**
   * Deletes the share if this link gave it. It stays if it was written again since, also at the same time; one that does not exist counts
   * as deleted.
   */
  deleteByLink(key: ShareKey, linkId: string): Promise<void>;
  /** Deletes all shares and links of a workbench that is being deleted. */
  deleteAll(workbenchId: string): Promise<void>;
}
