import { type AuditAction, type AuditEvent, usersOfEvent } from '../audit/audit-event.ts';

/** The most events in a page of the API. */
export const AUDIT_PAGE_MAX = 100;

/** The most events that one call reads to find those that it returns. */
export const AUDIT_READ_MAX = 2_000;

/** The most days that one call reads, if it must read day by day. */
export const AUDIT_DAYS_PER_PAGE = 31;

/** How long events are kept by default, days. */
export const AUDIT_DEFAULT_DAYS = 90;

export const DAY_MS = 24 * 60 * 60_000;

/** The place of an event in the order of time. The empty id comes before every event of this millisecond. */
export interface AuditPosition {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly id: string;
}

export interface AuditQuery {
  /** Milliseconds since 1970: events at this time or later. */
  readonly from: number;
  /** Milliseconds since 1970: events before this time. */
  readonly to: number;
  /** Events that concern this user: see `usersOfEvent`. */
  readonly userId?: string | undefined;
  readonly workbenchId?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** @default 'newest' */
  readonly first?: 'newest' | 'oldest' | undefined;
  /** Continues after this position, in the order of `first`. */
  readonly after?: AuditPosition | undefined;
  /** 1 to AUDIT_READ_MAX. */
  readonly limit: number;
}

export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** Where the next page continues; absent at the end. A page with `next` may have fewer events than the limit, or none. */
  readonly next?: AuditPosition;
}

/**
 * The audit events of the installation, kept for WB_AUDIT_DAYS. All methods throw PortError; after `unavailable` a write may
 * have had its effect, also a part of it: an event may be found by user and not in the list of all.
 *
 * `list` reads what concerns one user or one workbench without reading the events of others.
 */
export interface AuditStore {
  /** Stores an event. Idempotent: an event with the same time and id is stored once. Resolves when it is stored durably. */
  append(event: AuditEvent): Promise<void>;
  /**
   * Stores an event unless `appendOnce` was called before with its id, with any time: of concurrent calls one stores
   * its event. If that call fails, the event may be lost. For events that several processes may write.
   */
  appendOnce(event: AuditEvent): Promise<void>;
  /**
   * One page. Strongly consistent: what was appended before the call is found. An event that this version cannot read is
   * left out and reported. One call reads at most AUDIT_READ_MAX events, and without a user or a workbench
   * AUDIT_DAYS_PER_PAGE days.
   */
  list(query: AuditQuery): Promise<AuditPage>;
}

/** Whether a query asks for this event. Its position is not compared. */
export function matchesAuditQuery(event: AuditEvent, query: AuditQuery): boolean {
  const { from, to, userId, workbenchId, action } = query;
  if (event.at < from || event.at >= to) return false;
  if (workbenchId !== undefined && event.workbenchId !== workbenchId) return false;
  if (action !== undefined && event.action !== action) return false;
  return userId === undefined || usersOfEvent(event).includes(userId);
}
