import type { Workbench } from '#clients/typescript/src/workbench.ts';
import { mayDo, type Action as Right } from '#core/access/rights.ts';
import type { StartTimes } from './api.ts';
import { formatUsd } from './format.ts';
import { TEXTS } from './texts.ts';

/** What the page shows and offers for a workbench. The API decides what is allowed; this only hides what it would refuse. */

export type Action =
  | 'open'
  | 'start'
  | 'stop'
  | 'restart'
  | 'extend'
  | 'logs'
  | 'change'
  | 'share'
  | 'delete';

/** Action → the right that it needs. */
const NEEDS: Readonly<Record<Action, Right>> = {
  open: 'open',
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  extend: 'extend',
  logs: 'view_logs',
  change: 'update',
  share: 'share',
  delete: 'delete',
};

/** How the status is drawn. */
export type Tone = 'good' | 'busy' | 'idle' | 'problem';

export function toneOf({ status, status_reason: reason }: Workbench): Tone {
  if (status === 'running') return 'good';
  if (status !== 'stopped') return 'busy';
  return reason === undefined ? 'idle' : 'problem';
}

/** Whether the status changes without a request. */
export function isInTransition({ status }: Pick<Workbench, 'status'>): boolean {
  return status !== 'running' && status !== 'stopped';
}

/** Returns the actions that are possible in this status and role. The first one is what most people want next. */
export function actionsOf(workbench: Workbench): readonly Action[] {
  const { role = 'owner' } = workbench;
  return actionsIn(workbench).filter((action) => mayDo(role, NEEDS[action]));
}

function actionsIn(workbench: Workbench): Action[] {
  const { status, desired_status: desired, idle_stop_minutes: limit, stops_because: next } = workbench;
  if (desired === 'deleted') return [];
  const wantsRun = desired === 'running';
  const actions: Action[] = wantsRun ? ['open', 'stop'] : ['start', 'open'];
  if (status === 'running') actions.push('restart');
  // An extension has no effect on other planned stops.
  if (status === 'running' && (limit || next === 'schedule')) actions.push('extend');
  return [...actions, 'logs', 'change', 'share', 'delete'];
}

/** Returns why the workbench has its status, in a sentence; undefined if there is nothing to say. */
export function explainStatus(workbench: Workbench): string | undefined {
  const { status, status_detail: detail, status_reason: reason } = workbench;
  if (reason !== undefined) return reason.message;
  if (detail === undefined) return isInTransition(workbench) ? TEXTS.waitsFor[status] : undefined;
  return TEXTS.details[detail] ?? detail;
}

/** The codes of stops that are planned, which TEXTS.stopHelp explains. */
const PLANNED_STOPS: ReadonlySet<string> = new Set(['idle', 'max_life', 'stop_at', 'schedule']);

/** Whether to explain why workbenches stop by themselves: it has stopped so, or will soon. */
export function needsStopHelp({ status, status_reason: reason, stops_because: next }: Workbench): boolean {
  return PLANNED_STOPS.has((status === 'running' ? next : reason?.code) ?? '');
}

/** Returns how long such a start usually takes, in milliseconds; undefined if it is no start, or not known. */
export function usualStartMs(workbench: Workbench, times: readonly StartTimes[]): number | undefined {
  const { status, ready_at: readyAt, allocated_instance_type: instance } = workbench;
  if (status !== 'starting' && status !== 'provisioning' && status !== 'pending') return undefined;
  const kind = readyAt === undefined ? 'first' : 'later';
  const found = times.find((time) => time.kind === kind && time.instance_type === instance);
  return found && found.p50_seconds * 1000;
}

/** Returns what the workbench has cost in this month and costs while it runs; undefined if it costs nothing, as in local mode. */
export function describeCost({ cost }: Workbench): string | undefined {
  if (cost === undefined) return undefined;
  const { per_hour_running: perHour, files } = cost;
  return [
    formatUsd(cost.month_to_date),
    ...(perHour === undefined ? [] : [TEXTS.card.costPerHour(formatUsd(perHour))]),
    ...(files === undefined
      ? []
      : [TEXTS.card.costOfFiles((files.bytes / 2 ** 30).toFixed(1), formatUsd(files.per_month))]),
  ].join(', ');
}

/** Returns when the wait of the workbench began, in milliseconds since 1970; undefined if it does not wait. */
export function waitsSince(workbench: Workbench): number | undefined {
  if (!isInTransition(workbench)) return undefined;
  const { status, started_at: startedAt, updated_at: updatedAt } = workbench;
  const isStart = status === 'starting' || status === 'provisioning' || status === 'pending';
  return Date.parse(isStart && startedAt !== undefined ? startedAt : updatedAt);
}
