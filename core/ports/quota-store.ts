import type { Ledger } from '../quotas/ledger.ts';
import type { QuotaLimits, QuotaScope, ScopedLimits } from '../quotas/limits.ts';

/** A ledger as it is stored. Its revision grows by one with each write. */
export interface StoredLedger {
  readonly ledger: Ledger;
  readonly revision: number;
}

/** A user who has created, started or been given a workbench. */
export interface KnownUser {
  readonly userId: string;
  /** The groups that the user's own token last proved when it did so. */
  readonly groups: readonly string[];
}

/** A page of the known users, in an order of the store that never changes. */
export interface UserPage {
  readonly users: readonly KnownUser[];
  /** The `after` of the next page; absent on the last. */
  readonly next?: string;
}

export interface UserQuota {
  /** The limits of those scopes that have any, in no particular order. */
  readonly limits: readonly ScopedLimits[];
  /** Undefined until something that a user holds was first counted. */
  readonly stored: StoredLedger | undefined;
  /** Undefined until `saveUser` was called for this user. */
  readonly known: KnownUser | undefined;
}

/** A page of the users who have a ledger, in no particular order. */
export interface LedgerPage {
  readonly userIds: readonly string[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

/**
 * The limits of scopes, one ledger per user of what the user's workbenches hold, and who the users are. Reads are strongly
 * consistent, except `listLedgers` and `listUsers`. All methods throw PortError; after `unavailable` a write may have had its effect.
 */
export interface QuotaStore {
  /** Reads the limits of these scopes, and the ledger and the groups of a user. @param scopes each once, at most 102 */
  read(userId: string, scopes: readonly QuotaScope[]): Promise<UserQuota>;
  /** The limits of one scope; empty if it has none. */
  readLimits(scope: QuotaScope): Promise<QuotaLimits>;
  /** Replaces the limits of a scope. */
  writeLimits(scope: QuotaScope, limits: QuotaLimits): Promise<void>;
  readLedger(userId: string): Promise<StoredLedger | undefined>;
  /**
   * Replaces the ledger if its revision is `expectedRevision`. Also `conflict` when an earlier attempt of this call may have
   * written it: the caller reads it again.
   * @param expectedRevision undefined: the user has no ledger yet
   */
  writeLedger(
    userId: string,
    ledger: Ledger,
    expectedRevision: number | undefined,
  ): Promise<'written' | 'conflict'>;
  /** Pages of at most 100; a ledger that is written meanwhile may be missing. */
  listLedgers(cursor?: string): Promise<LedgerPage>;
  /** Adds a user, or replaces their groups. */
  saveUser(user: KnownUser): Promise<void>;
  /** @param page limit: 1-100; after: the last user of the page before */
  listUsers(page: { readonly limit: number; readonly after?: string }): Promise<UserPage>;
}
