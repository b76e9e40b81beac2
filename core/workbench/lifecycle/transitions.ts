import type { StatusReason } from '../reasons.ts';
import {
  type Base,
  baseOf,
  type Deleting,
  failedStartsOf,
  type Host,
  launchAfterOf,
  type Run,
  type Starting,
  type Stopped,
  type Stopping,
  type Workbench,
} from '../workbench.ts';
import { type Context, driveBy } from './context.ts';
import { requestedHost } from './host.ts';
import { interruptedReason, restartAfter } from './interruption.ts';
import { withRetention } from './retention.ts';
import { toNextStart, toNextStop } from './schedule.ts';

/** Delay of the third task of a start, and additional delay of each further one. Milliseconds. */
const RETRY_DELAY_MS = 30_000;

/**
 * Begins a start. No call was sent yet, so a stop can cancel it at once.
 * @param retry present if an earlier task of this run failed before the workbench ran
 */
export function beginStart(
  workbench: Workbench,
  runId: string,
  requestedAt: number,
  context: Context,
  retry?: NonNullable<Stopping['nextRun']>['retry'],
): Starting {
  const {
    readyAt: _ready,
    stoppedAt: _stopped,
    nextDriveAt: _next,
    restorable: _past,
    ...rest
  } = baseOf(workbench);
  const base = toNextStop(rest, context.now);
  // The user who starts it later than that has another plan.
  if (base.plannedStopAt !== undefined && base.plannedStopAt <= context.now) delete base.plannedStopAt;
  // After `storage_failed` the mount may be wrong. Without it the start ensures the volume first.
  const reason = 'reason' in workbench ? workbench.reason : undefined;
  if (reason?.code === 'storage_failed') delete base.mount;
  const { dedicatedInstanceType } = base.spec;
  const generation = (base.lastHostGeneration ?? 0) + 1;
  const host =
    base.host ?? (dedicatedInstanceType ? requestedHost(dedicatedInstanceType, generation) : undefined);
  return {
    ...base,
    ...(host ? { host } : {}),
    status: 'starting',
    desired: 'running',
    run: { phase: 'preparing', runId, attempt: retry?.attempt ?? 1 },
    startedAt: requestedAt,
    deadlineAt: context.now + context.policy.startingTimeoutMs,
    nextDriveAt: context.now + (retry === undefined ? 0 : RETRY_DELAY_MS * (retry.failedStarts - 1)),
    failures: 0,
    ...(retry === undefined ? {} : { failedStarts: retry.failedStarts }),
    ...(retry === undefined || reason === undefined ? {} : { refusal: reason }),
  };
}

/** Begins the start of a workbench that is stopped, or plans it for the end of its stop. */
export function startAgain(workbench: Stopped | Stopping, runId: string, context: Context): Workbench {
  const { now } = context;
  if (workbench.status === 'stopped') return beginStart(workbench, runId, now, context);
  if (workbench.desired === 'running') return workbench;
  return { ...workbench, desired: 'running', nextRun: { runId, requestedAt: now }, nextDriveAt: now };
}

/**
 * Begins to end the current run, then continues to `stopped` or to the next run.
 * @param options.reason the status reason, if no request caused the stop
 * @param options.nextRun the run that starts after the stop
 * @param options.unexplained no request caused the stop, and its reason is not known yet
 */
export function beginStop(
  workbench: Exclude<Workbench, Stopped | Deleting>,
  context: Context,
  options: {
    readonly reason?: StatusReason;
    readonly nextRun?: Stopping['nextRun'];
    readonly unexplained?: boolean;
  } = {},
): Workbench {
  const { run } = workbench;
  const { nextDriveAt: _next, ...rest } = withoutUnlaunchedHost(workbench);
  const base = toNextStart(rest, context.now);
  const stopping: Stopping = {
    ...base,
    status: 'stopping',
    desired: options.nextRun ? 'running' : 'stopped',
    ...(options.nextRun ? { nextRun: options.nextRun } : {}),
    ...(options.unexplained ? { unexplained: true } : {}),
    ...withRun(run),
    ...withUncertainHost(workbench),
    deadlineAt: context.now + context.policy.stoppingTimeoutMs,
    nextDriveAt: context.now,
    failures: 0,
  };
  return advanceEnding(
    options.reason ? withStopReason(stopping, options.reason, context) : stopping,
    context,
  );
}

/** Stores why a stop began that no request caused. After an interruption the workbench may start again. */
export function withStopReason(workbench: Stopping, reason: StatusReason, context: Context): Stopping {
  const { unexplained: _unexplained, ...explained } = workbench;
  const run = workbench.run?.phase === 'accepted' ? workbench.run : undefined;
  const actual = interruptedReason(reason, run);
  return { ...explained, reason: actual, ...restartAfter(workbench, actual, run, context) };
}

/** Begins a deletion, from any other status. */
export function beginDelete(workbench: Exclude<Workbench, Deleting>, context: Context): Deleting {
  const { nextDriveAt: _next, ...base } = withoutUnlaunchedHost(workbench);
  return {
    ...base,
    status: 'deleting',
    desired: 'deleted',
    ...(workbench.status === 'stopped' ? {} : withRun(workbench.run)),
    deadlineAt: context.now + context.policy.deletingTimeoutMs,
    nextDriveAt: context.now,
    failures: 0,
  };
}

/** Continues a stop or deletion after a part of it has ended: to the next part, the next run, or `stopped`. */
export function advanceEnding(workbench: Stopping | Deleting, context: Context): Workbench {
  if (workbench.run || workbench.status === 'deleting') return workbench;
  const { nextRun } = workbench;
  if (nextRun?.retry !== undefined && !isRetryAllowed(nextRun.requestedAt, context))
    return advanceEnding(withoutRetry(workbench), context);
  if (nextRun) return beginStart(workbench, nextRun.runId, nextRun.requestedAt, context, nextRun.retry);
  if (workbench.host && workbench.host.state !== 'stopped') return workbench;
  const { nextDriveAt: _next, ...base } = baseOf(workbench);
  const stopped: Stopped = {
    ...base,
    status: 'stopped',
    desired: 'stopped',
    stoppedAt: context.now,
    failures: 0,
    ...(workbench.reason ? { reason: workbench.reason } : {}),
  };
  const kept = withRetention(stopped, context);
  return kept.unexpectedTasks.length > 0 ? driveBy(kept, context.now) : kept;
}

/**
 * The next run of a start whose task ends without a request: docs/lifecycle.md#retried-starts. Undefined if the workbench has run, or if no
 * attempt is left. The run continues with its next attempt, because its task is known and will have ended by then.
 */
export function nextRunOf(
  workbench: Exclude<Workbench, Stopped | Stopping | Deleting>,
  run: Run,
  context: Context,
): Stopping['nextRun'] {
  if (workbench.status === 'running') return undefined;
  const failedStarts = failedStartsOf(workbench) + 1;
  const { startedAt: requestedAt = context.now } = workbench;
  if (failedStarts >= context.policy.startAttemptsMax || !isRetryAllowed(requestedAt, context))
    return undefined;
  return { runId: run.runId, requestedAt, retry: { attempt: run.attempt + 1, failedStarts } };
}

function isRetryAllowed(requestedAt: number, { now, policy }: Context): boolean {
  return now < requestedAt + policy.startAttemptsWithinMs;
}

/** The stop without the retry that would follow it. A run that a user has requested stays. */
export function withoutRetry(workbench: Stopping): Stopping {
  if (workbench.nextRun?.retry === undefined) return workbench;
  const { nextRun: _retry, ...rest } = workbench;
  return { ...rest, desired: 'stopped' };
}

/**
 * Removes the run. Its end is certain: its task is STOPPED and the stop settle period has passed, it was never started, or
 * its instance no longer exists.
 * @param fallback the status reason if no request caused the stop and the task has given no reason
 */
export function endRun(workbench: Stopping | Deleting, context: Context, fallback?: StatusReason): Workbench {
  const { run, ...rest } = withFallbackReason(workbench, fallback, context);
  const lastTaskId = run?.phase === 'accepted' ? { lastTaskId: run.taskId } : {};
  return advanceEnding(driveBy({ ...rest, ...lastTaskId, failures: 0 }, context.now), context);
}

function withFallbackReason(
  workbench: Stopping | Deleting,
  fallback: StatusReason | undefined,
  context: Context,
): Stopping | Deleting {
  if (workbench.status !== 'stopping' || !workbench.unexplained || fallback === undefined) return workbench;
  return withStopReason(workbench, fallback, context);
}

/**
 * A StartInstances call may have been sent although the record says `stopped`. With the state `stopping` the host is read
 * before the stop can finish.
 */
function withUncertainHost({ status, host }: Workbench): { host?: Host } {
  if (status !== 'starting' || host?.instanceId === undefined || host.state !== 'stopped') return {};
  return { host: { ...host, state: 'stopping' } };
}

/** The record without the fields of its status, and without a host whose launch was not sent. */
function withoutUnlaunchedHost(workbench: Workbench): Base {
  const base = baseOf(workbench);
  if (base.host === undefined || launchAfterOf(workbench) === undefined) return base;
  const { host, ...rest } = base;
  return { ...rest, lastHostGeneration: host.generation };
}

/**
 * Drops a run without a task: no call was sent, or after a refusal no task of an earlier call was found.
 */
function withRun(run: Run | undefined): { run?: Run } {
  if (run === undefined) return {};
  if (run.phase === 'preparing' && run.goneAfter === undefined) return {};
  return { run };
}
