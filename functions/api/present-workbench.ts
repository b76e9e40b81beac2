import type { WorkbenchItem } from '#contract/response-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { ActingRole } from '#core/access/rights.ts';
import type { Status } from '#core/workbench/history.ts';
import { plannedStopOf } from '#core/workbench/planned-stop.ts';
import type { KnownUse } from '#core/workbench/queries.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { isDeleted, type Workbench } from '#core/workbench/workbench.ts';

export interface WarningPort {
  /** Returns what the owner of a running workbench must know, as a `status_detail`. Only local mode has it. */
  readonly warning?: (workbenchId: string) => string | undefined;
}

/** The items of frozen records, with what else they contain. A store that keeps records returns the same ones again. */
const presented = new WeakMap<Workbench, PresentedItem>();

interface PresentedItem {
  readonly baseUrl: string;
  readonly warning: string | undefined;
  readonly item: WorkbenchItem;
}

/**
 * The item of the API for a record. Fields that do not apply are left out. The item of a record that is frozen with
 * all in it is frozen, too, and is the same at each call: a list would spend more time here than on reading the records.
 * @param settings BASE_URL: the address at which workbenches are served
 */
export function presentWorkbench(
  workbench: Workbench,
  settings: SettingsFor<'BASE_URL'>,
  { warning }: WarningPort = {},
): WorkbenchItem {
  const current = workbench.status === 'running' ? warning?.(workbench.workbenchId) : undefined;
  const baseUrl = settings.BASE_URL;
  if (!Object.isFrozen(workbench)) return toItem(workbench, baseUrl, current);
  const known = presented.get(workbench);
  if (known !== undefined && known.baseUrl === baseUrl && known.warning === current) return known.item;
  const item = Object.freeze(toItem(workbench, baseUrl, current));
  presented.set(workbench, { baseUrl, warning: current, item });
  return item;
}

/** The item of a workbench that a person used last at `at`. @param at milliseconds since 1970; undefined: not known */
export function withLastActivity(item: WorkbenchItem, at: number | undefined): WorkbenchItem {
  if (at === undefined) return item;
  const seen = toIsoTime(at);
  const isLater = item.idle_since !== undefined && seen > item.idle_since;
  const idle = isLater ? { idle_since: seen, idle_because: 'browser' as const } : {};
  return { ...item, last_activity_at: seen, ...idle };
}

/** The item of a running workbench that a program keeps. An extension may keep it longer, and then has no reason. */
export function withKeepalive(
  item: WorkbenchItem,
  { keepaliveUntil, keepaliveReason }: KnownUse,
): WorkbenchItem {
  if (keepaliveUntil === undefined) return item;
  const keepalive_until = toIsoTime(keepaliveUntil);
  if ((item.keepalive_until ?? '') > keepalive_until) return item;
  return {
    ...item,
    keepalive_until,
    ...(keepaliveReason === undefined ? {} : { keepalive_reason: keepaliveReason }),
  };
}

/** The item as the API shows it to a user in this role. The owner sees no role. */
export function withRole(item: WorkbenchItem, role: ActingRole): WorkbenchItem {
  return role === 'owner' ? item : { ...item, role };
}

function toItem(workbench: Workbench, baseUrl: string, warning: string | undefined): WorkbenchItem {
  const { userId, workbenchId, spec, host } = workbench;
  const detail = statusDetail(workbench) ?? warning;
  const stop = plannedStopOf(workbench);
  return {
    user_id: userId,
    workbench_id: workbenchId,
    workbench_name: workbench.name,
    ...(workbench.labels === undefined ? {} : { labels: workbench.labels }),
    status: workbench.status,
    ...(detail === undefined ? {} : { status_detail: detail }),
    desired_status: workbench.desired,
    ...('reason' in workbench && workbench.reason !== undefined
      ? { status_reason: { code: workbench.reason.code, message: workbench.reason.message } }
      : {}),
    public_endpoint: `${baseUrl}/project/${workbenchId}`,
    requested_cpu: spec.cpuUnits,
    requested_memory: spec.memoryMib,
    requested_gpu: spec.gpuCount,
    on_interruption: spec.onInterruption === 'restart' ? 'restart' : 'stop',
    ...(spec.dedicatedInstanceType === undefined
      ? {}
      : { allocated_instance_type: spec.dedicatedInstanceType }),
    ...(host?.instanceId === undefined ? {} : { allocated_instance_id: host.instanceId }),
    created_at: toIsoTime(workbench.createdAt),
    ...(workbench.startedAt === undefined ? {} : { started_at: toIsoTime(workbench.startedAt) }),
    ...(workbench.readyAt === undefined ? {} : { ready_at: toIsoTime(workbench.readyAt) }),
    ...(workbench.stoppedAt === undefined ? {} : { stopped_at: toIsoTime(workbench.stoppedAt) }),
    ...(stop === undefined ? {} : { stops_at: toIsoTime(stop.at), stops_because: stop.code }),
    ...presentLimits(workbench),
    ...presentSchedule(workbench),
    ...presentDeletion(workbench),
    ...presentRetention(workbench),
    updated_at: toIsoTime(workbench.updatedAt),
    ...(workbench.offer === undefined
      ? {}
      : { offered_to: workbench.offer.to, offer_expires_at: toIsoTime(workbench.offer.expiresAt) }),
  };
}

function presentSchedule({ schedule, status }: Workbench): Pick<WorkbenchItem, 'schedule' | 'next_start_at'> {
  if (schedule === undefined) return {};
  const { start, stop, zone, nextStartAt } = schedule;
  const startsNext = nextStartAt !== undefined && (status === 'stopped' || status === 'stopping');
  return {
    schedule: {
      ...(start === undefined ? {} : { start }),
      ...(stop === undefined ? {} : { stop }),
      time_zone: zone,
    },
    ...(startsNext ? { next_start_at: toIsoTime(nextStartAt) } : {}),
  };
}

/** Returns when the workbench was deleted, and until when it can be restored; no fields unless it is in this time. */
export function presentDeletion(
  workbench: Workbench,
): Pick<WorkbenchItem, 'deleted_at' | 'restorable_until'> {
  const { restorable, status } = workbench;
  if (restorable === undefined || !isDeleted(workbench) || status === 'deleting') return {};
  return { deleted_at: toIsoTime(restorable.deletedAt), restorable_until: toIsoTime(restorable.until) };
}

function presentRetention(workbench: Workbench): Pick<WorkbenchItem, 'deletes_at'> {
  const deletesAt = workbench.status === 'stopped' ? workbench.retention?.deletesAt : undefined;
  return deletesAt === undefined || isDeleted(workbench) ? {} : { deletes_at: toIsoTime(deletesAt) };
}

function presentLimits(workbench: Workbench): Partial<WorkbenchItem> {
  const { spec, plannedStopAt } = workbench;
  const { idleStopMinutes, maxRunHours = 0 } = spec;
  const idle = workbench.status === 'running' ? workbench.idle : undefined;
  const minutes = workbench.status === 'running' ? (idle?.minutes ?? 0) : idleStopMinutes;
  return {
    ...(minutes === undefined ? {} : { idle_stop_minutes: minutes === 0 ? null : minutes }),
    ...(idle === undefined ? {} : { idle_since: toIsoTime(idle.since), idle_because: idle.because }),
    ...(idle?.keepUntil === undefined ? {} : { keepalive_until: toIsoTime(idle.keepUntil) }),
    ...(maxRunHours === 0 ? {} : { max_run_hours: maxRunHours }),
    ...(plannedStopAt === undefined ? {} : { stop_at: toIsoTime(plannedStopAt) }),
  };
}

/** How long a client should wait before its next poll, in seconds, while a workbench is in transition. New capacity takes minutes. */
const POLL_INTERVAL_SECONDS: Readonly<Record<Status, number | undefined>> = {
  stopped: undefined,
  starting: 2,
  provisioning: 5,
  pending: 2,
  running: undefined,
  stopping: 2,
  deleting: 2,
};

/** `Retry-After` for a workbench in transition; no header otherwise. */
export function retryAfterHeaders({ status }: Workbench): Readonly<Record<string, string>> {
  const seconds = POLL_INTERVAL_SECONDS[status];
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

/** Milliseconds since 1970 as ISO 8601 in UTC. */
export function toIsoTime(at: number): string {
  return new Date(at).toISOString();
}
