import {
  containerInstanceIdOf,
  isAgentSilent,
  mayRun,
  settleConclusion,
  type TaskObservation,
} from '../../ports/task-runner.ts';
import { taskMemoryOf } from '../host-state.ts';
import { REASON_MESSAGE_MAX, type StatusReason } from '../reasons.ts';
import { truncateUtf8 } from '../truncate-utf8.ts';
import {
  type AcceptedRun,
  type Base,
  baseOf,
  DETAIL_MAX,
  type Deleting,
  failedStartsOf,
  type IssuedRun,
  type Pending,
  type Provisioning,
  type Run,
  type Running,
  runBaseOf,
  runOf,
  type Starting,
  type Stopping,
  type Workbench,
} from '../workbench.ts';
import { type Context, driveBy, driveNow, pollLater } from './context.ts';
import { withLimits } from './idle.ts';
import type { Outcome } from './inputs.ts';
import { EFFECT_ENDS_WITHIN_MS } from './policy.ts';
import { beginStop, endRun, nextRunOf, withoutRetry, withStopReason } from './transitions.ts';
import { observeUnexpectedTask } from './unexpected-tasks.ts';

type Launched = Provisioning | Pending | Running;
type Ending = Stopping | Deleting;

/** Stores the placement and the RunTask input. From now on RunTask may have been sent: docs/lifecycle.md#issued-runs. */
export function applyRunPlaced(
  workbench: Workbench,
  outcome: Extract<Outcome, { type: 'run_placed' }>,
  context: Context,
): Workbench {
  if (workbench.status !== 'starting' || workbench.mount === undefined) return workbench;
  const { run, spec, host } = workbench;
  if (run.phase !== 'preparing' || !isSameAttempt(run, outcome)) return workbench;
  // An operator has drained the host since it was chosen.
  if (host?.drained) return driveNow(workbench, context);
  const { rate: _ofEarlierPlacement, ...base } = runBaseOf(run);
  const issued: IssuedRun = {
    ...base,
    phase: 'issued',
    ...(outcome.rate === undefined ? {} : { rate: outcome.rate }),
    input: {
      userId: workbench.userId,
      workbenchId: workbench.workbenchId,
      runId: run.runId,
      attempt: run.attempt,
      name: workbench.name,
      // The task gets all of a host.
      cpuUnits: host?.cpuUnits ?? spec.cpuUnits,
      memoryMib: taskMemoryOf(workbench),
      gpuCount: spec.gpuCount,
      placement: outcome.placement,
      mount: workbench.mount,
    },
  };
  return driveNow({ ...workbench, run: issued }, context);
}

/**
 * RunTask was refused, so this call started no task. If the refusal may pass, an earlier call with the same token whose
 * invocation was killed may still start one: a stop or deletion waits until no call can take effect any more. Its task
 * is observed as an unexpected task, by an event or by `find_tasks` after this time.
 */
export function applyRunRefused(
  workbench: Workbench,
  outcome: Extract<Outcome, { type: 'run_refused' }>,
  context: Context,
): Workbench {
  const run = runOf(workbench);
  if (!run || run.phase === 'accepted' || !isSameAttempt(run, outcome)) return workbench;
  const goneAfter = outcome.retryable ? { goneAfter: context.now + EFFECT_ENDS_WITHIN_MS } : {};
  if (workbench.status === 'stopping' || workbench.status === 'deleting') {
    if (goneAfter.goneAfter === undefined) return endRun(workbench, context);
    const refused = { ...runBaseOf(run), phase: 'preparing' as const, ...goneAfter };
    return driveBy({ ...workbench, run: refused, failures: 0 }, goneAfter.goneAfter);
  }
  if (workbench.status !== 'starting') return workbench;
  const nextAttempt: Starting = {
    ...workbench,
    run: { ...runBaseOf(run), phase: 'preparing', attempt: run.attempt + 1, ...goneAfter },
  };
  if (!outcome.retryable) return beginStop(nextAttempt, context, { reason: outcome.reason });
  return driveBy(
    { ...nextAttempt, failures: 0, refusal: outcome.reason },
    context.now + context.policy.startRetryMs,
  );
}

/**
 * The tasks of the workbench were listed after no call of the refused attempt could take effect any more. What is found is
 * an unexpected task; the run ends, or its next attempt begins once these tasks are gone. If the result is stale, a later
 * attempt may have been refused since.
 */
export function applyTasksFound(
  workbench: Workbench,
  { runId, attempt, tasks }: Extract<Outcome, { type: 'tasks_found' }>,
  stale: boolean,
  context: Context,
): Workbench {
  const found = tasks.reduce((next, task) => applyTaskObservation(next, task, context), workbench);
  const run = runOf(found);
  if (run?.phase !== 'preparing' || run.goneAfter === undefined || !isSameAttempt(run, { runId, attempt }))
    return found;
  if (stale || context.now < run.goneAfter) return driveBy(found, context.now);
  if (isEnding(found)) return endRun(found, context);
  const { goneAfter: _past, ...preparing } = run;
  return found.status === 'starting' ? driveNow({ ...found, run: preparing }, context) : found;
}

export function applyTaskStopRequested(workbench: Workbench, taskId: string, context: Context): Workbench {
  const run = runOf(workbench);
  const unexpectedTasks = workbench.unexpectedTasks.map((unexpectedTask) =>
    unexpectedTask.taskId === taskId ? { ...unexpectedTask, stopRequestedAt: context.now } : unexpectedTask,
  );
  if (run?.phase === 'accepted' && run.taskId === taskId && isEnding(workbench)) {
    return pollLater(
      { ...workbench, unexpectedTasks, run: { ...run, stopRequestedAt: context.now } },
      context,
    );
  }
  return pollLater({ ...workbench, unexpectedTasks }, context);
}

/**
 * Applies the state of a task. An observation that is older than the record's, or of a run that has ended, changes
 * nothing.
 */
export function applyTaskObservation(
  workbench: Workbench,
  task: TaskObservation,
  context: Context,
): Workbench {
  const run = runOf(workbench);
  if (!run || run.phase === 'preparing' || !isSameAttempt(run, task))
    return observeUnexpectedTask(workbench, task, context);
  if (run.phase === 'accepted' && run.taskId !== task.taskId)
    return observeUnexpectedTask(workbench, task, context);
  if (run.phase === 'accepted' && task.version < run.taskVersion) return workbench;
  const known = run.phase === 'accepted' ? doubtAnew(run, task) : undefined;
  const settled = settleConclusion(task, known?.agentSilentSince, context.now);
  const observed = withTask(known ?? run, settled, context);
  if (isEnding(workbench))
    return observeEndingRun({ ...workbench, run: observed }, observed, settled, context);
  if (workbench.status === 'stopped') return workbench;
  return observeActiveRun(workbench, observed, settled, context);
}

/** Before ECS concluded the end of the task, its agent may have been silent for another reason. */
function doubtAnew(run: AcceptedRun, task: TaskObservation): AcceptedRun {
  if (task.settlesMs === undefined || task.version <= run.taskVersion) return run;
  const { agentSilentSince: _earlier, ...rest } = run;
  return rest;
}

/**
 * DescribeTasks did not find the task. ECS removes a task an hour after it stopped, and may not show a task that was just
 * started, so the task counts as gone only after the timeout.
 */
export function applyTaskMissing(workbench: Workbench, taskId: string, context: Context): Workbench {
  const run = runOf(workbench);
  if (run?.phase !== 'accepted' || run.taskId !== taskId) {
    const unexpectedTasks = workbench.unexpectedTasks.map((unexpectedTask) =>
      unexpectedTask.taskId === taskId && unexpectedTask.goneAfter === undefined
        ? { ...unexpectedTask, goneAfter: context.now + context.policy.taskMissingTimeoutMs }
        : unexpectedTask,
    );
    return pollLater({ ...workbench, unexpectedTasks }, context);
  }
  const missingSince = run.missingSince ?? context.now;
  const missing: AcceptedRun = { ...run, missingSince };
  if (context.now - missingSince < context.policy.taskMissingTimeoutMs) {
    return pollLater(withAcceptedRun(workbench, missing), context);
  }
  return endLostRun(
    workbench,
    missing,
    { code: 'task_lost', message: 'The task disappeared, and ECS gives no reason.' },
    context,
  );
}

/** The run's task or its instance no longer exists. */
export function endLostRun(
  workbench: Workbench,
  run: AcceptedRun,
  reason: StatusReason,
  context: Context,
): Workbench {
  if (workbench.status === 'stopped' || workbench.status === 'starting') return workbench;
  // A task that ECS has forgotten may have run before.
  const nextRun =
    isEnding(workbench) || reason.code !== 'instance_lost' ? undefined : nextRunOf(workbench, run, context);
  const mayRetry = workbench.status !== 'stopping' || reason.code === 'instance_lost';
  const ending = isEnding(workbench)
    ? { ...(mayRetry ? workbench : withoutRetry(workbench)), run }
    : beginStop({ ...workbench, run }, context, { reason, ...(nextRun === undefined ? {} : { nextRun }) });
  return isEnding(ending) && ending.run ? endRun(ending, context, reason) : ending;
}

function observeActiveRun(
  workbench: Starting | Launched,
  run: AcceptedRun,
  task: TaskObservation,
  context: Context,
): Workbench {
  const { now, policy } = context;
  const { nextDriveAt: _next, ...base } = baseOf(workbench);
  const launched = { ...base, desired: 'running' as const, run, failures: 0 };
  const failed = failedStartsOf(workbench);
  const failedStarts = failed === 0 ? {} : { failedStarts: failed };
  const detail = task.detail === undefined ? {} : { detail: truncateUtf8(task.detail, DETAIL_MAX) };
  switch (task.status) {
    case 'provisioning':
    case 'pending': {
      if (task.instance === 'gone') return beginUnrequestedStop(workbench, run, task, context);
      const { status } = task;
      const allowed = status === 'provisioning' ? policy.provisioningTimeoutMs : policy.pendingTimeoutMs;
      const deadlineAt = workbench.status === status ? workbench.deadlineAt : now + allowed;
      return pollLater(
        { ...launched, ...currentDriveTime(workbench), status, deadlineAt, ...detail, ...failedStarts },
        context,
      );
    }
    case 'running': {
      if (task.instance === 'gone') return beginUnrequestedStop(workbench, run, task, context);
      if (workbench.status !== 'running' && policy.gateSilentTimeoutMs > 0)
        return awaitGate(workbench, run, context);
      const unhealthy = task.unhealthy === true ? { unhealthy: true } : {};
      const running = { ...toRunning(workbench, run, context), ...unhealthy };
      return workbench.status === 'running' ? { ...running, ...currentDriveTime(workbench) } : running;
    }
    case 'stopping':
    case 'stopped':
      return beginUnrequestedStop(workbench, run, task, context);
  }
}

/** The task is ready. The gate is asked at once, and then at each poll, until it reaches the workbench. */
function awaitGate(
  workbench: Starting | Provisioning | Pending,
  run: AcceptedRun,
  context: Context,
): Pending {
  const { now, policy } = context;
  const failed = failedStartsOf(workbench);
  const isAsked = workbench.status === 'pending' && workbench.gateSilentSince !== undefined;
  const pending: Pending = {
    ...baseOf(workbench),
    desired: 'running',
    run,
    status: 'pending',
    deadlineAt: workbench.status === 'pending' ? workbench.deadlineAt : now + policy.pendingTimeoutMs,
    gateSilentSince: isAsked ? workbench.gateSilentSince : now,
    ...(isAsked && workbench.detail !== undefined ? { detail: workbench.detail } : {}),
    ...(failed === 0 ? {} : { failedStarts: failed }),
  };
  return isAsked ? pollLater(pending, context) : driveNow(pending, context);
}

/** The workbench runs: its task is ready, and the gate reaches it if it must. */
export function toRunning(workbench: Starting | Launched, run: AcceptedRun, context: Context): Running {
  const { nextDriveAt: _next, ...base } = baseOf(workbench);
  const ready = { ...base, desired: 'running' as const, run, failures: 0, status: 'running' as const };
  const running = withLimits({ ...ready, ...readiness(base, context.now) }, workbench, context);
  const hasMoreToDo = workbench.status !== 'running' && running.unexpectedTasks.length > 0;
  return hasMoreToDo ? driveBy(running, context.now) : running;
}

/**
 * When the workbench became ready, and how long its start took. A clock that was set back since the request measures no
 * duration; the one of an earlier start is kept then.
 */
function readiness(
  { readyAt, startedAt, lastStartMs }: Pick<Base, 'readyAt' | 'startedAt' | 'lastStartMs'>,
  now: number,
): Pick<Running, 'readyAt' | 'lastStartMs'> {
  if (readyAt !== undefined) return { readyAt };
  const tookMs = startedAt === undefined || startedAt > now ? lastStartMs : now - startedAt;
  return { readyAt: now, ...(tookMs === undefined ? {} : { lastStartMs: tookMs }) };
}

/**
 * The task is ending without a request. Its reason may be unknown until it has stopped. If the workbench has not run, the
 * start is retried, unless the reason says that another task would fail too.
 */
function beginUnrequestedStop(
  workbench: Starting | Launched,
  run: AcceptedRun,
  task: TaskObservation,
  context: Context,
): Workbench {
  const nextRun = task.status === 'running' ? undefined : nextRunOf(workbench, run, context);
  const options = { unexplained: true, ...(nextRun === undefined ? {} : { nextRun }) };
  // The task ends on its own. StopTask would replace its stop reason, so it is sent only if the task has not ended after
  // the stop retry interval.
  const endingRun: AcceptedRun = { ...run, stopRequestedAt: context.now };
  const ending = beginStop({ ...workbench, run: endingRun } as Launched, context, options);
  return isEnding(ending) ? observeEndingRun(ending, endingRun, task, context) : ending;
}

function observeEndingRun(
  workbench: Ending,
  run: AcceptedRun,
  task: TaskObservation,
  context: Context,
): Workbench {
  const explained = withReason(workbench, task, context);
  if (task.instance === 'gone') return endRun(explained, context, INSTANCE_LOST);
  if (task.status !== 'stopped')
    return run.stopRequestedAt === undefined ? driveNow(explained, context) : pollLater(explained, context);
  // STOPPED does not prove the end of the container: the agent is disconnected, or the instance is ending. Wait until the
  // agent reconnects or the instance has ended: docs/lifecycle.md#stop-settle-period.
  if (isAgentSilent(task)) return pollLater(explained, context);
  if (task.instance === 'unknown') return driveNow(explained, context);
  if (task.instance === undefined || context.policy.stopSettleMs === 0) return endRun(explained, context);
  // The container may outlive the STOPPED event: docs/lifecycle.md#stop-settle-period.
  const goneAfter = run.goneAfter ?? context.now + context.policy.stopSettleMs;
  return driveBy({ ...explained, run: { ...run, goneAfter } }, goneAfter);
}

export const INSTANCE_LOST: StatusReason = {
  code: 'instance_lost',
  message: 'The instance of the workbench stopped or was lost. Start the workbench again.',
};

/** Adds the status reason of a stop without a request, once the task has one. */
function withReason(workbench: Ending, task: TaskObservation, context: Context): Ending {
  if (workbench.status !== 'stopping' || !workbench.unexplained || task.stop === undefined) return workbench;
  const { code, message, retryable = false } = task.stop;
  const stopping = retryable ? workbench : withoutRetry(workbench);
  // ECS gives no reason. If the instance turns out to have ended, that is the reason.
  if (code === 'task_lost' && (mayRun(task) || task.instance === 'gone')) return stopping;
  const reason: StatusReason =
    code === 'requested'
      ? { code: 'stopped_externally', message: 'The task was stopped from outside the controller.' }
      : { code, message: truncateUtf8(message, REASON_MESSAGE_MAX) };
  return withStopReason(stopping, reason, context);
}

function withTask(run: IssuedRun | AcceptedRun, task: TaskObservation, { now }: Context): AcceptedRun {
  const known = run.phase === 'accepted' ? run : undefined;
  const agentSilentSince = isAgentSilent(task) ? (known?.agentSilentSince ?? now) : undefined;
  const endpoint = task.endpoint ?? known?.endpoint;
  const containerInstance =
    task.containerInstance === undefined
      ? known?.containerInstance
      : containerInstanceIdOf(task.containerInstance);
  return {
    ...runBaseOf(run),
    phase: 'accepted',
    taskId: task.taskId,
    taskVersion: task.version,
    acceptedAt: known?.acceptedAt ?? now,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(containerInstance === undefined ? {} : { containerInstance }),
    ...(agentSilentSince === undefined ? {} : { agentSilentSince }),
    ...(known?.stopRequestedAt === undefined ? {} : { stopRequestedAt: known.stopRequestedAt }),
    // The task may live, so a `goneAfter` that was set from an earlier, stale state of its instance is removed.
    ...(known?.goneAfter === undefined || mayRun(task) ? {} : { goneAfter: known.goneAfter }),
    ...(known?.interruption === undefined ? {} : { interruption: known.interruption }),
  };
}

/** An observation that does not change the status keeps the due time. */
function currentDriveTime(workbench: Workbench): { nextDriveAt?: number } {
  return workbench.nextDriveAt === undefined ? {} : { nextDriveAt: workbench.nextDriveAt };
}

function withAcceptedRun(workbench: Workbench, run: AcceptedRun): Workbench {
  if (workbench.status === 'stopped' || workbench.status === 'starting') return workbench;
  return { ...workbench, run };
}

function isSameAttempt(run: Run, other: { readonly runId: string; readonly attempt: number }): boolean {
  return run.runId === other.runId && run.attempt === other.attempt;
}

export function isEnding(workbench: Workbench): workbench is Ending {
  return workbench.status === 'stopping' || workbench.status === 'deleting';
}
