import { meterAfter } from '../../cost/metering.ts';
import type { HistoryEntry } from '../history.ts';
import { isHostEnded } from '../host-state.ts';
import { fixedStopOf, type PlannedStop } from '../planned-stop.ts';
import { failedStartsOf, isSettled, keyOf, runOf, type Workbench } from '../workbench.ts';
import { backoffMs } from './backoff.ts';
import { type Context, driveBy, pollLater } from './context.ts';
import { applyElapsedTime, pauseDeadline, resumeDeadline } from './deadlines.ts';
import { pendingEffects } from './effects.ts';
import { applyMeasurement } from './files.ts';
import { isFromFuture, isUnattended, skipGap } from './gap.ts';
import { applyGateProbe, isUnprobed } from './gate-probe.ts';
import {
  applyHostAccepted,
  applyHostHint,
  applyHostObservation,
  applyHostRefused,
  applyHostStopRequested,
} from './host-outcomes.ts';
import { applyEvidence, noteUnreadable } from './idle.ts';
import type { Effect, EffectResult, Input } from './inputs.ts';
import { applyDrain, applyInterruption, endDrain, isDrained } from './interruption.ts';
import type { Policy } from './policy.ts';
import { applyRequest } from './requests.ts';
import { findRetentionEvent, withRetention } from './retention.ts';
import {
  applyRunPlaced,
  applyRunRefused,
  applyTaskMissing,
  applyTaskObservation,
  applyTaskStopRequested,
  applyTasksFound,
} from './run.ts';
import { findScheduleEvent, noteRefusedStart } from './schedule.ts';
import {
  applyVolumeDeletion,
  applyVolumeReady,
  applyVolumeRefused,
  applyVolumeTombstoned,
} from './volume.ts';

export interface Step {
  /** The next record; the same object if nothing changed, so that nothing is written. */
  readonly workbench: Workbench;
  /** The pending effects, in the order of execution. */
  readonly effects: readonly Effect[];
}

/**
 * The life cycle: maps a record, an input and the time to the next record and its pending effects. It is pure: it uses no
 * clock, network or randomness, so that a simulation can test every decision with millions of schedules.
 * See docs/lifecycle.md.
 *
 * @throws WorkbenchError if the status does not allow the request (`deleting`, `not_stopped`, `not_deleted`), or if there is no
 *   offer to accept or the workbench is deleted (`workbench_not_found`)
 */
export type Lifecycle = (workbench: Workbench, input: Input, now: number) => Step;

export function lifecycle(policy: Policy): Lifecycle {
  return (workbench, input, now) => {
    const context: Context = { now, policy };
    const next = withBookkeeping(workbench, applyInput(workbench, input, context), input, context);
    return { workbench: next, effects: pendingEffects(next, now, policy) };
  };
}

/** Applies an input. Every input that counts as a write moves the record's times first: see `skipGap`. */
function applyInput(workbench: Workbench, input: Input, context: Context): Workbench {
  if (input.type === 'history_written')
    return { ...workbench, outbox: workbench.outbox.filter(({ seq }) => seq > input.through) };
  const attended = skipGap(workbench, context.now);
  // Time alone changes nothing after a gap: the effects are executed first, and their outcomes move the times.
  const hasGap = isFromFuture(workbench, context.now) || isUnattended(workbench, context.now);
  if (input.type === 'tick' && hasGap && pendingEffects(workbench, context.now, context.policy).length > 0)
    return workbench;
  return advance(attended, input, context);
}

function advance(
  workbench: Workbench,
  input: Exclude<Input, { type: 'history_written' }>,
  context: Context,
): Workbench {
  switch (input.type) {
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
    case 'restore':
    case 'extend':
    case 'update':
    case 'offer':
    case 'withdraw_offer':
    case 'move':
      return applyRequest(workbench, input, context);
    case 'tick':
      return clearElapsedDueTime(applyElapsedTime(workbench, context), context);
    case 'scheduled_start_refused':
      return noteRefusedStart(workbench, context);
    case 'swept':
      return applyResult(workbench, input.observation, context);
    case 'history_noted':
      return workbench;
    case 'files_measured':
      return applyMeasurement(workbench, input, context.now);
    case 'outcomes':
      return applyOutcomes(workbench, input, context);
    default:
      return applyResult(workbench, input, context);
  }
}

/**
 * Applies the outcomes of the effects of one revision. Together they determine the due time. If the record has another
 * revision by now, its own due time is kept, because the other writer may require effects sooner:
 * docs/lifecycle.md#revision-guard.
 */
function applyOutcomes(
  workbench: Workbench,
  input: Extract<Input, { type: 'outcomes' }>,
  context: Context,
): Workbench {
  const { nextDriveAt: _elapsed, ...untimed } = workbench;
  let next: Workbench = workbench.revision === input.revision ? untimed : workbench;
  const refused = input.outcomes.some((o) => o.type === 'effect_failed' && o.kind !== 'unavailable');
  if (!refused) next = resumeDeadline(next, context);
  for (const outcome of input.outcomes) {
    next = applyResult(
      next,
      isUnversioned(outcome) ? { ...outcome, asOfRevision: input.revision } : outcome,
      context,
    );
  }
  return next;
}

/** Clears the due time once it has passed and no effect is pending. Otherwise the record would stay due. */
function clearElapsedDueTime(workbench: Workbench, { now, policy }: Context): Workbench {
  if (workbench.nextDriveAt === undefined || workbench.nextDriveAt > now) return workbench;
  if (pendingEffects(workbench, now, policy).length > 0) return workbench;
  const { nextDriveAt: _elapsed, ...rest } = workbench;
  const run = runOf(workbench);
  // Nothing is done for a refused run before this time, and `find_tasks` is due then.
  const findAt = run?.phase === 'preparing' ? run.goneAfter : undefined;
  return findAt !== undefined && findAt > now ? driveBy(rest, findAt) : rest;
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
    case 'tasks_found':
      return applyTasksFound(workbench, result, isStale(result, workbench), context);
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
    case 'interruption_noticed':
      return applyInterruption(workbench, result, context);
    case 'drain_noticed':
      return isStale(result, workbench) ? workbench : applyDrain(workbench, result, context);
    case 'drain_ended':
      return isStale(result, workbench) ? workbench : endDrain(workbench, result);
    case 'host_accepted': {
      // If the result is stale, a stopped or terminated state is only a hint. A successful launch still counts, because no
      // other writer may have recorded it.
      const isHint = isHostEnded(result.host) && isStale(result, workbench);
      return isHint
        ? applyHostHint(workbench, result.host, context)
        : applyHostAccepted(workbench, result, context);
    }
    case 'host_refused':
      // A stale refusal may belong to an earlier start. Driving the record again reads the current state of the host.
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
    case 'gate_probed':
      return applyGateProbe(workbench, result, context);
    case 'evidence_read':
      return isStale(result, workbench) ? workbench : applyEvidence(workbench, result, context);
    case 'effect_failed': {
      if (result.effect === 'read_evidence') return noteUnreadable(workbench, context);
      const failures = workbench.failures + 1;
      const waiting =
        result.kind === 'unavailable' ? workbench : pauseDeadline(workbench, result.kind, context);
      return driveBy({ ...waiting, failures }, context.now + backoffMs(workbench.workbenchId, failures));
    }
  }
}

/** Whether the result carries no version of its own, so that only the record's revision shows whether it is stale. */
function isUnversioned(
  result: EffectResult,
): result is Extract<EffectResult, { readonly asOfRevision?: number }> {
  switch (result.type) {
    case 'host_observed':
    case 'host_accepted':
    case 'host_refused':
    case 'task_missing':
    case 'tasks_found':
    case 'evidence_read':
      return true;
    default:
      return false;
  }
}

/** Whether the record was written after the read that preceded this result: docs/lifecycle.md#stale-observations. */
function isStale({ asOfRevision }: { readonly asOfRevision?: number }, { revision }: Workbench): boolean {
  return asOfRevision !== undefined && asOfRevision !== revision;
}

/** Increments the revision, sets the timestamps, adds the history entry, and makes an unsettled record due. */
function withBookkeeping(before: Workbench, next: Workbench, input: Input, context: Context): Workbench {
  if (isDeepEqual(before, next) && input.type !== 'history_noted') return before;
  // A user who changes a stopped workbench still wants it.
  const after = 'by' in input ? withRetention(next, context) : next;
  const timed =
    isSettled(after) || after.nextDriveAt !== undefined
      ? after
      : driveBy(after, context.now + context.policy.pollIntervalMs);
  const entry = historyEntryFor(before, timed, input, context.now);
  // Only a move changes the key.
  const key = keyOf(input.type === 'move' ? timed : before);
  const meter = meterAfter(before, { ...timed, ...key }, context.now);
  return {
    ...timed,
    ...key,
    ...(meter === undefined ? {} : { meter }),
    revision: before.revision + 1,
    // Writing the history is not a change of the workbench.
    updatedAt: input.type === 'history_written' ? before.updatedAt : context.now,
    ...(entry ? { historySeq: entry.seq, outbox: [...timed.outbox, entry] } : {}),
  };
}

const REQUEST_ENTRY_TYPES = {
  start: 'start_requested',
  stop: 'stop_requested',
  restart: 'restart_requested',
  delete: 'delete_requested',
  restore: 'restored',
  extend: 'extended',
  update: 'updated',
  offer: 'owner_offered',
  withdraw_offer: 'offer_withdrawn',
  move: 'owner_changed',
} as const;

function historyEntryFor(
  before: Workbench,
  after: Workbench,
  input: Input,
  now: number,
): HistoryEntry | undefined {
  const statusChange = before.status === after.status ? {} : { from: before.status, to: after.status };
  const reason = 'reason' in after && !('reason' in before && before.reason) ? after.reason : undefined;
  const code = reason ? { code: reason.code } : {};
  const entry = { seq: before.historySeq + 1, at: now, ...statusChange, ...code };
  if (input.type in REQUEST_ENTRY_TYPES && 'by' in input) {
    return {
      ...entry,
      type: REQUEST_ENTRY_TYPES[input.type as keyof typeof REQUEST_ENTRY_TYPES],
      by: input.by,
    };
  }
  if (isVolumeDeleted(after) && !isVolumeDeleted(before)) return { ...entry, type: 'files_deleted' };
  if (after.status === 'starting' && failedStartsOf(after) > failedStartsOf(before)) {
    return { ...entry, ...(after.refusal ? { code: after.refusal.code } : {}), type: 'start_retried' };
  }
  const retained = findRetentionEvent(before, after);
  if (retained !== undefined)
    return { ...entry, type: retained, ...(retained === 'delete_requested' ? { code: 'retention' } : {}) };
  const scheduled = findScheduleEvent(before, after);
  if (scheduled !== undefined) return { ...entry, type: `schedule_${scheduled}` };
  if (isUnprobed(before, after, input)) return { ...entry, type: 'gate_silent' };
  if (isRestart(before, after)) return { ...entry, type: 'restarted_after_interruption' };
  if (before.status !== after.status || reason) return { ...entry, type: 'status_changed' };
  if (isDrained(before) !== isDrained(after)) {
    if (isDrained(after)) return { ...entry, type: 'drain_announced' };
    if (isOnSameMachine(before, after)) return { ...entry, type: 'drain_cancelled' };
  }
  if (isWarned(before) !== isWarned(after) && after.status === 'running')
    return { ...entry, type: isWarned(after) ? 'idle_warned' : 'idle_warning_ended' };
  const stop = newlyWarnedStop(before, after);
  if (stop !== undefined) return { ...entry, type: 'stop_warned', code: stop.code };
  const interruption = interruptionKindOf(after);
  if (interruption !== undefined && interruption !== interruptionKindOf(before))
    return { ...entry, type: 'interruption_noticed' };
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

function isVolumeDeleted(workbench: Workbench): boolean {
  return workbench.status === 'deleting' && workbench.volumeDeleted === true;
}

/** Whether the record has a next run, or has begun it, that it did not have before. Only for inputs that are no requests. */
function isRestart(before: Workbench, after: Workbench): boolean {
  if (hasRequestedRun(before)) return false;
  return after.status === 'starting' ? before.status !== 'starting' : hasRequestedRun(after);
}

/** Whether the stop has a next run that is not a retry of its start. */
function hasRequestedRun(workbench: Workbench): boolean {
  return (
    workbench.status === 'stopping' &&
    workbench.nextRun !== undefined &&
    workbench.nextRun.retry === undefined
  );
}

/** Whether the run and the host are still the same, so that the machine did not change. */
function isOnSameMachine(before: Workbench, after: Workbench): boolean {
  return runOf(before)?.runId === runOf(after)?.runId && before.host?.instanceId === after.host?.instanceId;
}

/** Whether the owner is warned that the workbench will be stopped because it is not used. */
function isWarned(workbench: Workbench): boolean {
  return workbench.status === 'running' && workbench.idle?.idleStopAt !== undefined;
}

/** The stop at a fixed time of which the owner is warned since. */
function newlyWarnedStop(before: Workbench, after: Workbench): PlannedStop | undefined {
  if (after.status !== 'running' || after.warnedStopAt === undefined) return undefined;
  if (before.status === 'running' && before.warnedStopAt === after.warnedStopAt) return undefined;
  return fixedStopOf(after);
}

function interruptionKindOf(workbench: Workbench): string | undefined {
  const run = runOf(workbench);
  return run?.phase === 'accepted' ? run.interruption?.kind : undefined;
}

/** Whether the record was settled although its task is missing or its host had another state. */
function isRepair(before: Workbench, after: Workbench): boolean {
  if (!isSettled(before)) return false;
  const run = runOf(after);
  const missing = run?.phase === 'accepted' && run.missingSince !== undefined;
  return missing || before.host?.state !== after.host?.state;
}

/** Whether two records are equal. An absent field equals one that is undefined. */
export function isDeepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of Object.keys(left)) if (!isDeepEqual(left[key], right[key])) return false;
  for (const key of Object.keys(right))
    if (right[key] !== undefined && !Object.hasOwn(left, key)) return false;
  return true;
}
