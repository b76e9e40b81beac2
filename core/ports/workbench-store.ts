import type { HistoryEntry } from '../workbench/history.ts';
import type { Workbench, WorkbenchKey } from '../workbench/workbench.ts';
import type { WorkbenchEvent } from '../workbench/workbench-event.ts';
import type { UsageEntry } from './usage-store.ts';

/**
 * The records. Each write is one conditional write of one record, except that `move`, `create` with an idempotency key and
 * `update` with usage are transactions: docs/decisions/0028-another-owner-is-a-transaction.md. Reads are strongly consistent.
 * Methods marked "hint" are eventually consistent: they may miss a change and may return deleted records.
 *
 * A record that cannot be parsed, or that a newer version wrote, is **unreadable**: `read` throws UnreadableRecord, lists
 * omit it and report it, and it is never overwritten.
 *
 * All methods throw PortError; after `unavailable` a write may have had its effect.
 */
export interface WorkbenchStore {
  /**
   * Creates the record unless one with this key exists.
   * @param idempotencyKey writes the record only if the claim of this user and key is open and names this workbench.
   *   Otherwise the workbench was created before, and its owner may have changed since: returns `exists`
   */
  create(workbench: Workbench, idempotencyKey?: string): Promise<'created' | 'exists'>;
  read(key: WorkbenchKey): Promise<Workbench | undefined>;
  /**
   * Replaces the record if its revision is `expectedRevision`; a deleted record is a conflict.
   * @param closed what the meters have counted that this write ends; stored if, and only if, it has its effect
   */
  update(
    workbench: Workbench,
    expectedRevision: number,
    closed?: readonly UsageEntry[],
  ): Promise<'updated' | 'conflict'>;
  /**
   * Stores the record under the key of its new owner and deletes the one of `fromUserId`, if that has the revision
   * `expectedRevision` and the new owner has none with this id. At every moment exactly one of the two exists.
   * @param closed as for `update`
   */
  move(
    workbench: Workbench,
    fromUserId: string,
    expectedRevision: number,
    closed?: readonly UsageEntry[],
  ): Promise<'moved' | 'conflict'>;
  /** Deletes the record if its revision is `expectedRevision`; a record that does not exist counts as deleted. */
  delete(key: WorkbenchKey, expectedRevision: number): Promise<'deleted' | 'conflict'>;
  /**
   * A user's workbenches, newest first.
   * @param page limit: 1-100; after: the last workbench id of the previous page
   */
  listByUser(userId: string, page: { limit: number; after?: string }): Promise<WorkbenchPage>;
  /** Hint: the records due at `now` (milliseconds since 1970), earliest first, at most `limit` (1-1,000). */
  listDue(now: number, limit: number): Promise<readonly WorkbenchKey[]>;
  /**
   * Hint: the records due later than `after` (milliseconds since 1970), earliest first, at most `limit` (1-1,000). With a
   * time beyond every wait, these are the records that were written before the clock was set back.
   */
  listDueAfter(after: number, limit: number): Promise<readonly WorkbenchKey[]>;
  /**
   * Postpones a record that cannot be driven: `listDue` does not return it before `until`, so that it does not take the
   * place of others. Changes nothing else. Does nothing if the record is not due at `now`.
   */
  postpone(key: WorkbenchKey, now: number, until: number): Promise<void>;
  /** Hint: the records that have a run, a host or unexpected tasks, or are in transition; pages of at most 100. */
  listActive(cursor?: string): Promise<{ readonly keys: readonly WorkbenchKey[]; readonly cursor?: string }>;
  /** Hint: the key of the workbench with this id. */
  findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined>;
  /**
   * The key of a workbench whose owner changed less than MOVE_KNOWN_MS ago, as the last `move` wrote it. It may be deleted
   * since. For other workbenches undefined or their key: only some stores know it.
   */
  findMoved(workbenchId: string): Promise<WorkbenchKey | undefined>;
  /** Hint: the key of the workbench whose host is this instance. */
  findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined>;
  /** Resolves if the table responds. */
  ping(): Promise<void>;
}

/** An index is stale for less than this after a change: a day, in milliseconds. Usually it is less than a second. */
export const MOVE_KNOWN_MS = 24 * 60 * 60 * 1000;

export interface WorkbenchPage {
  readonly workbenches: readonly Workbench[];
  /** The `after` of the next page; absent on the last. */
  readonly next?: string;
}

export class UnreadableRecord extends Error {
  constructor(key: WorkbenchKey, cause: unknown) {
    super(`the record of workbench ${key.workbenchId} is unreadable`, { cause });
    this.name = 'UnreadableRecord';
  }
}

/** The maximum number of history entries of a workbench. */
export const HISTORY_ENTRIES_MAX = 100;

/** The histories, stored separately from the records. A history is kept for 30 days after its record is deleted. */
export interface HistoryStore {
  /**
   * Writes entries, each under its sequence number; writing one again changes nothing. Only the last HISTORY_ENTRIES_MAX
   * entries are kept.
   * @param events what other systems learn of these entries: at most one for each, whose id ends with the sequence number. Once this
   *   call has returned, each is published at least once (event-publisher.ts). @default none
   */
  append(
    workbenchId: string,
    entries: readonly HistoryEntry[],
    events?: readonly WorkbenchEvent[],
  ): Promise<void>;
  /** At most HISTORY_ENTRIES_MAX entries, newest first. */
  list(workbenchId: string): Promise<readonly HistoryEntry[]>;
  /** Sets the expiry of the whole history to `at` (milliseconds since 1970). Called once, before the record is deleted. */
  expire(workbenchId: string, at: number): Promise<void>;
}

/** The retention of an idempotency key: 24 hours, in milliseconds. */
export const IDEMPOTENCY_RETENTION_MS = 24 * 60 * 60 * 1000;

export interface IdempotencyClaim {
  readonly userId: string;
  readonly key: string;
  /** The workbench id that the first request with this key chose. */
  readonly workbenchId: string;
  /** A digest of the request's body. The same key with another body is a conflict. */
  readonly bodyHash: string;
  /** `open`: the record may not have been written yet. `done`: it was written, and may have been deleted since. */
  readonly state: 'open' | 'done';
  /** Milliseconds since 1970; from then on the claim counts as absent. */
  readonly expiresAt: number;
}

/** The idempotency keys of users. */
export interface IdempotencyStore {
  /** Writes an open claim unless one exists that has not expired at `now`. Returns the stored claim. `claimed`: this call wrote it. */
  claim(
    claim: Omit<IdempotencyClaim, 'state'>,
    now: number,
  ): Promise<{ readonly claim: IdempotencyClaim; readonly claimed: boolean }>;
  /**
   * Marks the claim as done by `completedBy`. Returns `completed` if this `completedBy` did so, now or before; `already` if
   * another did; `gone` if there is no such claim or it names another workbench.
   * @param completedBy a random id of the caller, or `delete`; distinguishes a repeated write from the write of another
   */
  complete(
    userId: string,
    key: string,
    workbenchId: string,
    completedBy: string,
  ): Promise<'completed' | 'already' | 'gone'>;
}
