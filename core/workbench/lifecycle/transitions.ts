import type { StatusReason } from '../reasons.ts';
import {
  baseOf,
  type Deleting,
  type Host,
  type Run,
  type Starting,
  type Stopped,
  type Stopping,
  type Workbench,
} from '../workbench.ts';
import { type Context, driveBy } from './context.ts';
import { requestedHost } from './host.ts';

/** Begins a start: nothing is sent yet, so that it can be taken back at once. */
export function beginStart(
  workbench: Workbench,
  runId: string,
  requestedAt: number,
  context: Context,
): Starting {
  const { readyAt: _ready, stoppedAt: _stopped, nextDriveAt: _next, ...base } = baseOf(workbench);
  // Whatever has become of its mount, it is the first thing to be seen to: the volume is made sure of once more.
  if (workbench.status === 'stopped' && workbench.reason?.code === 'storage_failed') delete base.mount;
  const { dedicatedInstanceType } = base.spec;
  const generation = (base.lastHostGeneration ?? 0) + 1;
  const host =
    base.host ?? (dedicatedInstanceType ? requestedHost(dedicatedInstanceType, generation) : undefined);
  return {
    ...base,
    ...(host ? { host } : {}),
    status: 'starting',
    desired: 'running',
    run: { phase: 'preparing', runId, attempt: 1 },
    startedAt: requestedAt,
    deadlineAt: context.now + context.policy.startingTimeoutMs,
    nextDriveAt: context.now,
    failures: 0,
  };
}

/**
 * Ends a run that is wanted no longer, or that cannot be had: on the way to `stopped`, or to the next run.
 * @param reason why, when nobody asked
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
  const { nextDriveAt: _next, ...base } = baseOf(workbench);
  return advanceEnding(
    {
      ...base,
      status: 'stopping',
      desired: options.nextRun ? 'running' : 'stopped',
      ...(options.nextRun ? { nextRun: options.nextRun } : {}),
      ...(options.reason ? { reason: options.reason } : {}),
      ...(options.unexplained ? { unexplained: true } : {}),
      ...withRun(run),
      ...withUncertainHost(workbench),
      deadlineAt: context.now + context.policy.stoppingTimeoutMs,
      nextDriveAt: context.now,
      failures: 0,
    },
    context,
  );
}

/** Begins a destroy, whatever the state. */
export function beginDelete(workbench: Exclude<Workbench, Deleting>, context: Context): Deleting {
  const { nextDriveAt: _next, ...base } = baseOf(workbench);
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

/** Goes on from an ended part of a stop or destroy: to the next run, to `stopped`, or to the next part. */
export function advanceEnding(workbench: Stopping | Deleting, context: Context): Workbench {
  if (workbench.run || workbench.status === 'deleting') return workbench;
  if (workbench.nextRun) {
    return beginStart(workbench, workbench.nextRun.runId, workbench.nextRun.requestedAt, context);
  }
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
  return stopped.unexpectedTasks.length > 0 ? driveBy(stopped, context.now) : stopped;
}

/**
 * The run is gone for certain: its task is STOPPED and past its fence, was never started, or its machine is no more.
 * @param why what it is put down to when nobody asked for its end and its task has not told why
 */
export function endRun(workbench: Stopping | Deleting, context: Context, why?: StatusReason): Workbench {
  const { run, ...rest } = withFallbackReason(workbench, why);
  const lastTaskId = run?.phase === 'accepted' ? { lastTaskId: run.taskId } : {};
  return advanceEnding(driveBy({ ...rest, ...lastTaskId, failures: 0 }, context.now), context);
}

function withFallbackReason(
  workbench: Stopping | Deleting,
  why: StatusReason | undefined,
): Stopping | Deleting {
  if (workbench.status !== 'stopping' || !workbench.unexplained || why === undefined) return workbench;
  const { unexplained: _explained, ...explained } = workbench;
  return { ...explained, reason: why };
}

/** A start may have been sent to the machine that is still on record as stopped: only a look tells. */
function withUncertainHost({ status, host }: Workbench): { host?: Host } {
  if (status !== 'starting' || host?.instanceId === undefined || host.state !== 'stopped') return {};
  return { host: { ...host, state: 'stopping' } };
}

/** A run of which nothing was ever sent is dropped at once. */
function withRun(run: Run | undefined): { run?: Run } {
  return run === undefined || run.phase === 'preparing' ? {} : { run };
}
