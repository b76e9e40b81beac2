import type { HistoryEntry } from '../workbench/history.ts';
import type { Workbench, WorkbenchKey } from '../workbench/workbench.ts';

/**
 * The records. Each invariant sits in one item and each write is one conditional write: there are no
 * transactions. Reads are strongly consistent unless it says "hint", which may lag and may name what is gone.
 *
 * A record that cannot be parsed, or that a newer version wrote, is **unreadable**: `read` throws
 * UnreadableRecord, lists leave it out and report it; it is never overwritten.
 *
 * All methods throw PortError; after `unavailable` a write may have happened.
 */
export interface WorkbenchStore {
  /** Writes a new record unless one with this key exists. */
  create(workbench: Workbench): Promise<'created' | 'exists'>;
  read(key: WorkbenchKey): Promise<Workbench | undefined>;
  /** Replaces the record if its revision is still `expectedRevision`; a deleted record is a conflict. */
  update(workbench: Workbench, expectedRevision: number): Promise<'updated' | 'conflict'>;
  /** Removes the record if its revision is still `expectedRevision`; one already gone counts as deleted. */
  delete(key: WorkbenchKey, expectedRevision: number): Promise<'deleted' | 'conflict'>;
  /**
   * A user's workbenches, newest first.
   * @param page limit 1-100; after: the workbench id that the page before ended with
   */
  listByUser(userId: string, page: { limit: number; after?: string }): Promise<WorkbenchPage>;
  /** Hints: what is due at `now` (milliseconds since 1970), earliest first, at most `limit` (1-1,000). */
  listDue(now: number, limit: number): Promise<readonly WorkbenchKey[]>;
  /**
   * Sets an unreadable record aside: listDue names it no more before `until`, so that it does not stand in the way of
   * others. Nothing else of it is changed; one that is not due at `now` is left alone.
   */
  postpone(key: WorkbenchKey, now: number, until: number): Promise<void>;
  /** Hints: what has a run or a host, or is in transition; pages of at most 100. */
  listActive(cursor?: string): Promise<{ readonly keys: readonly WorkbenchKey[]; readonly cursor?: string }>;
  /** Hint: whose workbench this is. */
  findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined>;
  /** Hint: the workbench that this dedicated instance belongs to. */
  findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined>;
  /** Resolves when the table answers. */
  ping(): Promise<void>;
}

export interface WorkbenchPage {
  readonly workbenches: readonly Workbench[];
  /** The `after` of the next page; absent on the last. */
  readonly next?: string;
}

export class UnreadableRecord extends Error {
  constructor(key: WorkbenchKey, cause: unknown) {
    super(`the record of workbench ${key.workbenchId} cannot be read`, { cause });
    this.name = 'UnreadableRecord';
  }
}

/** How many entries of a workbench's history are kept. */
export const HISTORY_ENTRIES_MAX = 100;

/** What happened to a workbench, beside its record: it outlives the record by 30 days. */
export interface HistoryStore {
  /** Writes entries, each under its sequence number: writing one again changes nothing. Older than the last HISTORY_ENTRIES_MAX go. */
  append(workbenchId: string, entries: readonly HistoryEntry[]): Promise<void>;
  /** At most HISTORY_ENTRIES_MAX entries, newest first. */
  list(workbenchId: string): Promise<readonly HistoryEntry[]>;
  /** Lets the whole history end at `at` (milliseconds since 1970). Called once, before the record is deleted. */
  expire(workbenchId: string, at: number): Promise<void>;
}

/** How long an Idempotency-Key is honoured: 24 hours, in milliseconds. */
export const IDEMPOTENCY_RETENTION_MS = 24 * 60 * 60 * 1000;

export interface IdempotencyClaim {
  readonly userId: string;
  readonly key: string;
  /** The id that the first request with this key chose. */
  readonly workbenchId: string;
  /** A digest of the request's body: another body under the same key is a conflict. */
  readonly bodyHash: string;
  /** `open`: the workbench may not have been written yet. `done`: it has been (and may have been destroyed since). */
  readonly state: 'open' | 'done';
  /** Milliseconds since 1970; after that the claim counts as absent. */
  readonly expiresAt: number;
}

/** A user's idempotency keys. */
export interface IdempotencyStore {
  /** Writes an open claim unless one that has not expired at `now` exists; answers the claim that stands, ours or the other's. */
  claim(
    claim: Omit<IdempotencyClaim, 'state'>,
    now: number,
  ): Promise<{ readonly claim: IdempotencyClaim; readonly ours: boolean }>;
  /**
   * Marks the claim done, in the name of `completedBy`. Returns `completed` when this completedBy did it, now or before;
   * `already` when another did; `gone` when there is no such claim, or it names another workbench.
   * @param completedBy a random id of the caller's, or `delete`; tells a repeated write from another's
   */
  complete(
    userId: string,
    key: string,
    workbenchId: string,
    completedBy: string,
  ): Promise<'completed' | 'already' | 'gone'>;
}
