import type { HistoryEntry } from '../history.ts';
import { isSettled, keyOf, runOf, type Workbench } from '../workbench.ts';
import { backoffMs } from './backoff.ts';
import { type Context, driveBy, pollLater } from './context.ts';
import { applyElapsedTime, pauseDeadline, resumeDeadline } from './deadlines.ts';
import { type Effect, pendingEffects } from './effects.ts';
import { isHostEnded } from './host.ts';
import {
  applyHostAccepted,
  applyHostHint,
  applyHostObservation,
  applyHostRefused,
  applyHostStopRequested,
} from './host-outcomes.ts';
import type { EffectResult, Input } from './inputs.ts';
import type { Policy } from './policy.ts';
import { applyRequest } from './requests.ts';
import {
  applyRunPlaced,
  applyRunRefused,
  applyTaskMissing,
  applyTaskObservation,
  applyTaskStopRequested,
} from './run.ts';
import {
  applyVolumeDeletion,
  applyVolumeReady,
  applyVolumeRefused,
  applyVolumeTombstoned,
} from './volume.ts';

export interface Step {
  /** The next record; the very same object when nothing changed, so that nothing need be written. */
  readonly workbench: Workbench;
  /** What is owed to the world now, in order. */
  readonly effects: readonly Effect[];
}

/**
 * The life cycle: what becomes of a workbench when something is asked, learnt or seen, or when time passes.
 * Pure: it knows no clock, no network and no chance, so that everything that can go wrong is decided here and
 * can be tried a million times without a cloud.
 *
 * @throws WorkbenchError for a request that the state does not allow (`deleting`, `not_stopped`)
 */
export type Lifecycle = (workbench: Workbench, input: Input, now: number) => Step;

export function lifecycle(policy: Policy): Lifecycle {
  return (workbench, input, now) => {
    const context: Context = { now, policy };
    const moved = withBookkeeping(workbench, advance(workbench, input, context), input, context);
    return { workbench: moved, effects: pendingEffects(moved, now, policy) };
  };
}

function advance(workbench: Workbench, input: Input, context: Context): Workbench {
  switch (input.type) {
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
    case 'update':
      return applyRequest(workbench, input, context);
    case 'tick':
      return clearElapsedDueTime(applyElapsedTime(workbench, context), context);
    case 'swept':
      return applyResult(workbench, input.observation, context);
    case 'history_noted':
      return workbench;
    case 'history_written':
      return { ...workbench, outbox: workbench.outbox.filter(({ seq }) => seq > input.through) };
    case 'outcomes':
      return applyOutcomes(workbench, input, context);
    default:
      return applyResult(workbench, input, context);
  }
}

/**
 * The effects owed by one revision have been tried. Their outcomes decide together when to look again; if the
 * record has moved on meanwhile, what it asks for since then stands.
 */
function applyOutcomes(
  workbench: Workbench,
  input: Extract<Input, { type: 'outcomes' }>,
  context: Context,
): Workbench {
  const { nextDriveAt: _tried, ...untimed } = workbench;
  let next: Workbench = workbench.revision === input.revision ? untimed : workbench;
  const throttled = input.outcomes.some((o) => o.type === 'effect_failed' && o.kind === 'throttled');
  if (!throttled) next = resumeDeadline(next, context);
  for (const outcome of input.outcomes) {
    next = applyResult(
      next,
      isUnversioned(outcome) ? { ...outcome, asOfRevision: input.revision } : outcome,
      context,
    );
  }
  return next;
}

/** An appointment that has come with nothing to do for it is over: it must not be due for ever. */
function clearElapsedDueTime(workbench: Workbench, { now, policy }: Context): Workbench {
  if (workbench.nextDriveAt === undefined || workbench.nextDriveAt > now) return workbench;
  if (pendingEffects(workbench, now, policy).length > 0) return workbench;
  const { nextDriveAt: _over, ...rest } = workbench;
  return rest;
}

function applyResult(workbench: Workbench, result: EffectResult, context: Context): Workbench {
  switch (result.type) {
    case 'volume_ready':
      return applyVolumeReady(workbench, result, context);
    case 'volume_tombstoned':
      return applyVolumeTombstoned(workbench, context);
    case 'volume_refused':
      return applyVolumeRefused(workbench, result, context);
    case 'volume_deletion_unfinished':
      return applyVolumeDeletion(workbench, false, context);
    case 'volume_deleted':
      return applyVolumeDeletion(workbench, true, context);
    case 'run_placed':
      return applyRunPlaced(workbench, result, context);
    case 'run_refused':
      return applyRunRefused(workbench, result, context);
    case 'instance_termination_requested':
      return pollLater(workbench, context);
    case 'task_stop_requested':
      return applyTaskStopRequested(workbench, result.taskId, context);
    case 'task_observed':
      return applyTaskObservation(workbench, result.task, context);
    case 'task_missing':
      return isStale(result, workbench)
        ? driveBy(workbench, context.now)
        : applyTaskMissing(workbench, result.taskId, context);
    case 'host_accepted': {
      // Late, that it has ended is a reason to look; that it was begun counts, since nobody else may have seen it.
      const isHint = isHostEnded(result.host) && isStale(result, workbench);
      return isHint
        ? applyHostHint(workbench, result.host, context)
        : applyHostAccepted(workbench, result, context);
    }
    case 'host_refused':
      // Of a start before this one, perhaps: asked again, the machine says what holds now.
      return isStale(result, workbench)
        ? driveBy(workbench, context.now)
        : applyHostRefused(workbench, result, context);
    case 'host_stop_requested':
    case 'host_termination_requested':
      return applyHostStopRequested(workbench, result, context);
    case 'host_observed':
      return (isStale(result, workbench) ? applyHostHint : applyHostObservation)(
        workbench,
        result.host,
        context,
      );
    case 'host_hint':
      return applyHostHint(workbench, result.host, context);
    case 'effect_failed': {
      const failures = workbench.failures + 1;
      const waiting = result.kind === 'throttled' ? pauseDeadline(workbench, context) : workbench;
      return driveBy({ ...waiting, failures }, context.now + backoffMs(workbench.workbenchId, failures));
    }
  }
}

/** What carries no version of its own, so that only the record's revision tells whether it still holds. */
function isUnversioned(
  result: EffectResult,
): result is Extract<EffectResult, { readonly asOfRevision?: number }> {
  switch (result.type) {
    case 'host_observed':
    case 'host_accepted':
    case 'host_refused':
    case 'task_missing':
      return true;
    default:
      return false;
  }
}

/** Whether the record has moved on since this was asked for. */
function isStale({ asOfRevision }: { readonly asOfRevision?: number }, { revision }: Workbench): boolean {
  return asOfRevision !== undefined && asOfRevision !== revision;
}

/** Keeps the record's own books: revision, time, history, and that what is not settled is looked at again. */
function withBookkeeping(before: Workbench, after: Workbench, input: Input, context: Context): Workbench {
  if (isDeepEqual(before, after) && input.type !== 'history_noted') return before;
  const timed =
    isSettled(after) || after.nextDriveAt !== undefined
      ? after
      : driveBy(after, context.now + context.policy.pollIntervalMs);
  const entry = historyEntryFor(before, timed, input, context.now);
  return {
    ...timed,
    ...keyOf(before),
    revision: before.revision + 1,
    // That the history was written is nothing new to anybody.
    updatedAt: input.type === 'history_written' ? before.updatedAt : context.now,
    ...(entry ? { historySeq: entry.seq, outbox: [...timed.outbox, entry] } : {}),
  };
}

const REQUEST_ENTRY_TYPES = {
  start: 'start_requested',
  stop: 'stop_requested',
  restart: 'restart_requested',
  delete: 'delete_requested',
  update: 'updated',
} as const;

function historyEntryFor(
  before: Workbench,
  after: Workbench,
  input: Input,
  now: number,
): HistoryEntry | undefined {
  const moved = before.status === after.status ? {} : { from: before.status, to: after.status };
  const reason = 'reason' in after && !('reason' in before && before.reason) ? after.reason : undefined;
  const entry = { seq: before.historySeq + 1, at: now, ...moved, ...(reason ? { code: reason.code } : {}) };
  if (input.type in REQUEST_ENTRY_TYPES && 'by' in input) {
    return {
      ...entry,
      type: REQUEST_ENTRY_TYPES[input.type as keyof typeof REQUEST_ENTRY_TYPES],
      by: input.by,
    };
  }
  if (before.status !== after.status || reason) return { ...entry, type: 'status_changed' };
  if (input.type === 'history_noted') return { ...entry, type: input.entryType };
  if (after.unexpectedTasks.length > before.unexpectedTasks.length)
    return { ...entry, type: 'unexpected_task_found' };
  if (after.host && before.host && after.host.generation > before.host.generation) {
    return { ...entry, type: 'host_replaced' };
  }
  if (after.unexpectedTasks.length < before.unexpectedTasks.length)
    return { ...entry, type: 'unexpected_task_stopped' };
  if (input.type === 'swept' && isRepair(before, after)) return { ...entry, type: 'repaired' };
  return undefined;
}

/** The record was at rest, and its task was not there, or its machine not as it said. */
function isRepair(before: Workbench, after: Workbench): boolean {
  if (!isSettled(before)) return false;
  const run = runOf(after);
  const missing = run?.phase === 'accepted' && run.missingSince !== undefined;
  return missing || before.host?.state !== after.host?.state;
}

/** Whether two records say the same; a field that is absent and one that is undefined are alike. */
export function isDeepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    if (!isDeepEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false;
  }
  return true;
}
