import type { HISTORY_STATUSES, HistoryEntry } from './history.ts';
import { plannedStopOf } from './planned-stop.ts';
import { REASONS, type ReasonCode } from './reasons.ts';
import { statusDetail } from './status-detail.ts';
import { isDeleted, type Workbench } from './workbench.ts';

/**
 * What other systems learn of a workbench: mail, chat, a portal. A workbench event is made from one history entry. docs/events.md
 * describes it for its readers.
 */

/** The types of workbench events → the `detail-type` on the bus. Part of the API: never change or reuse one. */
export const WORKBENCH_EVENTS = {
  created: 'Workbench Created',
  status_changed: 'Workbench Status Changed',
  idle_warned: 'Workbench Idle Warning',
  idle_warning_ended: 'Workbench Idle Warning Ended',
  extended: 'Workbench Extended',
  schedule_warned: 'Workbench Schedule Warning',
  schedule_missed: 'Workbench Schedule Missed',
  schedule_refused: 'Workbench Schedule Refused',
  stop_warned: 'Workbench Stop Warning',
  retention_warned: 'Workbench Retention Warning',
  interruption_noticed: 'Workbench Interruption Warning',
  drain_announced: 'Workbench Drain Announced',
  drain_cancelled: 'Workbench Drain Cancelled',
  delete_requested: 'Workbench Deletion Requested',
  restored: 'Workbench Restored',
  files_deleted: 'Workbench Deleted',
  owner_changed: 'Workbench Owner Changed',
} as const;

export type WorkbenchEventType = keyof typeof WORKBENCH_EVENTS;

/** The `source` on the bus. */
export const WORKBENCH_EVENT_SOURCE = 'workbench-controller';

/** The version of the shape. A new field does not change it. */
export const WORKBENCH_EVENT_VERSION = 1;

/** The largest event as JSON in UTF-8, in bytes. EventBridge allows 256 KB for a request. */
export const WORKBENCH_EVENT_MAX_BYTES = 2048;

/** The fields have the names of the API. contract/workbench-event.ts describes each. */
export interface WorkbenchEvent {
  readonly version: typeof WORKBENCH_EVENT_VERSION;
  readonly id: string;
  readonly type: WorkbenchEventType;
  readonly time: string;
  readonly workbench_id: string;
  readonly owner: string;
  readonly name: string;
  readonly status: (typeof HISTORY_STATUSES)[number];
  readonly previous_status?: (typeof HISTORY_STATUSES)[number];
  readonly status_detail?: string;
  readonly status_reason?: { readonly code: ReasonCode; readonly message: string };
  readonly requested_by?: string;
  readonly history_type: HistoryEntry['type'];
  readonly stops_at?: string;
  readonly stops_because?: ReasonCode;
  readonly deletes_at?: string;
  readonly restorable_until?: string;
}

/**
 * Returns the event of a history entry; undefined if other systems need not know of it. The id depends on the entry alone, so
 * that readers recognize an event that they receive twice.
 * @param workbench the record when the entry leaves it. The entry may be one write older
 */
export function toWorkbenchEvent(workbench: Workbench, entry: HistoryEntry): WorkbenchEvent | undefined {
  const type = eventTypeOf(entry);
  if (type === undefined) return undefined;
  const { workbenchId, userId, name } = workbench;
  const { at, from, to, by } = entry;
  const detail = statusDetail(workbench);
  const reason = reasonOf(workbench, entry);
  return {
    version: WORKBENCH_EVENT_VERSION,
    id: eventIdOf(workbenchId, entry),
    type,
    time: toIsoTime(at),
    workbench_id: workbenchId,
    owner: userId,
    name,
    status: to ?? workbench.status,
    ...(from === undefined ? {} : { previous_status: from }),
    // Of a status that has passed it is not known.
    ...(detail === undefined || (to ?? workbench.status) !== workbench.status
      ? {}
      : { status_detail: detail }),
    ...(reason === undefined ? {} : { status_reason: reason }),
    ...(by === undefined ? {} : { requested_by: by }),
    history_type: entry.type,
    ...timesOf(workbench),
  };
}

/** The id of the event of an entry. */
export function eventIdOf(workbenchId: string, { seq }: Pick<HistoryEntry, 'seq'>): string {
  return `${workbenchId}-${seq}`;
}

/** Returns the events of entries that leave the record, at most one for each. */
export function toWorkbenchEvents(
  workbench: Workbench,
  entries: readonly HistoryEntry[],
): readonly WorkbenchEvent[] {
  return entries.flatMap((entry) => toWorkbenchEvent(workbench, entry) ?? []);
}

function eventTypeOf({ type, to }: HistoryEntry): WorkbenchEventType | undefined {
  if (Object.hasOwn(WORKBENCH_EVENTS, type)) return type as WorkbenchEventType;
  return to === undefined ? undefined : 'status_changed';
}

function reasonOf(workbench: Workbench, { code }: HistoryEntry): WorkbenchEvent['status_reason'] {
  if (code === undefined) return undefined;
  const reason = 'reason' in workbench ? workbench.reason : undefined;
  return { code, message: reason?.code === code ? reason.message : REASONS[code] };
}

/** What is planned for the workbench. */
function timesOf(
  workbench: Workbench,
): Pick<WorkbenchEvent, 'stops_at' | 'stops_because' | 'deletes_at' | 'restorable_until'> {
  const stop = plannedStopOf(workbench);
  if (stop !== undefined) return { stops_at: toIsoTime(stop.at), stops_because: stop.code };
  const { restorable } = workbench;
  if (restorable !== undefined && isDeleted(workbench) && workbench.status !== 'deleting')
    return { restorable_until: toIsoTime(restorable.until) };
  const deletesAt = workbench.status === 'stopped' ? workbench.retention?.deletesAt : undefined;
  return deletesAt === undefined ? {} : { deletes_at: toIsoTime(deletesAt) };
}

function toIsoTime(at: number): string {
  return new Date(at).toISOString();
}
