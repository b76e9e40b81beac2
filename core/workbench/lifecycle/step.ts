import type { HistoryEntry } from '../history.ts';
import { type Workbench, isSettled, keyOf, runOf } from '../workbench.ts';
import { backOff } from './backoff.ts';
import { type Context, lookBy, pollLater } from './context.ts';
import { pauseDeadline, resumeDeadline, timePassed } from './deadlines.ts';
import { type Effect, pendingEffects } from './effects.ts';
import { hostAccepted, hostHinted, hostObserved, hostRefused, hostStopAsked } from './host-outcomes.ts';
import { hasEnded } from './host.ts';
import type { Input, Learned } from './inputs.ts';
import type { Policy } from './policy.ts';
import { applyRequest } from './requests.ts';
import { runPlaced, runRefused, taskMissing, taskObserved, taskStopAsked } from './run.ts';
import { volumeDestroyed, volumeReady, volumeRefused, volumeWiped } from './volume.ts';

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
    case 'change':
      return applyRequest(workbench, input, context);
    case 'tick':
      return clearElapsedDueTime(timePassed(workbench, context), context);
    case 'audited':
      return applyResult(workbench, input.observation, context);
    case 'noted':
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
  const { nextAt: _tried, ...untimed } = workbench;
  let next: Workbench = workbench.revision === input.revision ? untimed : workbench;
  const throttled = input.outcomes.some((o) => o.type === 'effect_failed' && o.kind === 'throttled');
  if (!throttled) next = resumeDeadline(next, context);
  for (const outcome of input.outcomes) {
    next = applyResult(next, isDated(outcome) ? { ...outcome, asOf: input.revision } : outcome, context);
  }
  return next;
}

/** An appointment that has come with nothing to do for it is over: it must not be due for ever. */
function clearElapsedDueTime(workbench: Workbench, { now, policy }: Context): Workbench {
  if (workbench.nextAt === undefined || workbench.nextAt > now) return workbench;
  if (pendingEffects(workbench, now, policy).length > 0) return workbench;
  const { nextAt: _over, ...rest } = workbench;
  return rest;
}

function applyResult(workbench: Workbench, learned: Learned, context: Context): Workbench {
  switch (learned.type) {
    case 'volume_ready':
      return volumeReady(workbench, learned, context);
    case 'volume_destroyed':
      return volumeDestroyed(workbench, context);
    case 'volume_refused':
      return volumeRefused(workbench, learned, context);
    case 'volume_wiping':
      return volumeWiped(workbench, false, context);
    case 'volume_wiped':
      return volumeWiped(workbench, true, context);
    case 'run_placed':
      return runPlaced(workbench, learned, context);
    case 'run_refused':
      return runRefused(workbench, learned, context);
    case 'machine_end_asked':
      return pollLater(workbench, context);
    case 'task_stop_asked':
      return taskStopAsked(workbench, learned.taskId, context);
    case 'task_observed':
      return taskObserved(workbench, learned.task, context);
    case 'task_missing':
      return isLate(learned, workbench)
        ? lookBy(workbench, context.now)
        : taskMissing(workbench, learned.taskId, context);
    case 'host_accepted': {
      // Late, that it has ended is a reason to look; that it was begun counts, since nobody else may have seen it.
      const isHint = hasEnded(learned.host) && isLate(learned, workbench);
      return isHint
        ? hostHinted(workbench, learned.host, context)
        : hostAccepted(workbench, learned, context);
    }
    case 'host_refused':
      // Of a start before this one, perhaps: asked again, the machine says what holds now.
      return isLate(learned, workbench)
        ? lookBy(workbench, context.now)
        : hostRefused(workbench, learned, context);
    case 'host_stop_asked':
    case 'host_terminate_asked':
      return hostStopAsked(workbench, learned, context);
    case 'host_observed':
      return (isLate(learned, workbench) ? hostHinted : hostObserved)(workbench, learned.host, context);
    case 'host_hint':
      return hostHinted(workbench, learned.host, context);
    case 'effect_failed': {
      const failures = workbench.failures + 1;
      const waiting = learned.kind === 'throttled' ? pauseDeadline(workbench, context) : workbench;
      return lookBy({ ...waiting, failures }, context.now + backOff(workbench.workbenchId, failures));
    }
  }
}

/** What carries no version of its own, so that only the record's revision tells whether it still holds. */
function isDated(learned: Learned): learned is Extract<Learned, { readonly asOf?: number }> {
  switch (learned.type) {
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
function isLate({ asOf }: { readonly asOf?: number }, { revision }: Workbench): boolean {
  return asOf !== undefined && asOf !== revision;
}

/** Keeps the record's own books: revision, time, history, and that what is not settled is looked at again. */
function withBookkeeping(before: Workbench, after: Workbench, input: Input, context: Context): Workbench {
  if (isDeepEqual(before, after) && input.type !== 'noted') return before;
  const timed =
    isSettled(after) || after.nextAt !== undefined
      ? after
      : lookBy(after, context.now + context.policy.lookMs);
  const entry = historyOf(before, timed, input, context.now);
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
  change: 'changed',
} as const;

function historyOf(before: Workbench, after: Workbench, input: Input, now: number): HistoryEntry | undefined {
  const moved = before.status === after.status ? {} : { from: before.status, to: after.status };
  const reason = 'reason' in after && !('reason' in before && before.reason) ? after.reason : undefined;
  const entry = { seq: before.historySeq + 1, at: now, ...moved, ...(reason ? { code: reason.code } : {}) };
  if (input.type in REQUEST_ENTRY_TYPES && 'by' in input) {
    return { ...entry, type: REQUEST_ENTRY_TYPES[input.type as keyof typeof REQUEST_ENTRY_TYPES], by: input.by };
  }
  if (before.status !== after.status || reason) return { ...entry, type: 'status_changed' };
  if (input.type === 'noted') return { ...entry, type: input.entryType };
  if (after.strays.length > before.strays.length) return { ...entry, type: 'stray_task_found' };
  if (after.host && before.host && after.host.generation > before.host.generation) {
    return { ...entry, type: 'host_replaced' };
  }
  if (after.strays.length < before.strays.length) return { ...entry, type: 'stray_task_ended' };
  if (input.type === 'audited' && isCorrected(before, after)) return { ...entry, type: 'corrected' };
  return undefined;
}

/** The record was at rest, and its task was not there, or its machine not as it said. */
function isCorrected(before: Workbench, after: Workbench): boolean {
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
