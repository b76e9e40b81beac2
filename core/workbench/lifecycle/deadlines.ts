import type { RefusalKind } from '../../ports/port-error.ts';
import type { StatusReason } from '../reasons.ts';
import { statusDetail } from '../status-detail.ts';
import { goneAfterOf, launchAfterOf, runOf, type Starting, type Workbench } from '../workbench.ts';
import { type Context, driveNow } from './context.ts';
import { deleteOrHide, endWindow } from './deletion.ts';
import { applyGateDeadline, isWaitingForGate } from './gate-probe.ts';
import { stopAsPlanned, warnOfFixedStop } from './idle.ts';
import { dueInterruptionReason, isInterruptionDue } from './interruption.ts';
import { followRetention } from './retention.ts';
import { INSTANCE_LOST, isEnding } from './run.ts';
import { followSchedule } from './schedule.ts';
import { beginStop, endRun, startAgain } from './transitions.ts';
import { removeGoneTasks } from './unexpected-tasks.ts';

/** Applies the passing of time: ends stop settle periods and applies deadlines. */
export function applyElapsedTime(workbench: Workbench, context: Context): Workbench {
  const due = allowLaunch(workbench, context);
  const settled = endRunAfterSettlePeriod(removeGoneTasks(due, context), context);
  const interrupted = stopIfInterrupted(settled, context);
  const planned = stopAsPlanned(interrupted, context);
  const timely = applyDeadline(stopIfAgentSilent(planned, context), context);
  const scheduled = followSchedule(
    timely,
    (stopped, runId) => startAgain(stopped, runId, context),
    (running, reason) => beginStop(running, context, { reason }),
    context,
  );
  const hide = (stopped: Workbench) => deleteOrHide(stopped, false, (same) => same, context);
  const next = endWindow(followRetention(scheduled, hide, context), context);
  // A write has one entry in the history. If something else has happened, the warning is due at once.
  return next === workbench ? warnOfFixedStop(workbench, context) : next;
}

/**
 * Stops the task before AWS ends its instance, so that its processes can end and their files are complete; or when an
 * operator has said that the machine is to be empty.
 */
function stopIfInterrupted(workbench: Workbench, context: Context): Workbench {
  if (workbench.status !== 'running' || !isInterruptionDue(workbench, context)) return workbench;
  return beginStop(workbench, context, { reason: dueInterruptionReason(workbench, INSTANCE_LOST) });
}

/** From now on the launch of the host may have been sent. */
function allowLaunch(workbench: Workbench, context: Context): Workbench {
  const launchAfter = launchAfterOf(workbench);
  if (workbench.host === undefined || launchAfter === undefined || context.now < launchAfter)
    return workbench;
  const { launchAfter: _elapsed, ...host } = workbench.host;
  return driveNow({ ...workbench, host }, context);
}

/** Ends the run if the agent has been disconnected for longer than the timeout. ECS reports its task as RUNNING indefinitely. */
function stopIfAgentSilent(workbench: Workbench, context: Context): Workbench {
  if (workbench.status !== 'running' && workbench.status !== 'pending') return workbench;
  const { agentSilentSince } = workbench.run;
  if (agentSilentSince === undefined || context.now - agentSilentSince < context.policy.agentSilentTimeoutMs)
    return workbench;
  return beginStop(workbench, context, { reason: INSTANCE_LOST });
}

function endRunAfterSettlePeriod(workbench: Workbench, context: Context): Workbench {
  const run = runOf(workbench);
  // A refused run ends with the result of `find_tasks`.
  const goneAfter = goneAfterOf(run);
  const past = goneAfter !== undefined && goneAfter <= context.now;
  return past && isEnding(workbench) ? endRun(workbench, context) : workbench;
}

function applyDeadline(workbench: Workbench, context: Context): Workbench {
  if (!('deadlineAt' in workbench) || workbench.overdue || context.now < workbench.deadlineAt)
    return workbench;
  switch (workbench.status) {
    case 'starting':
      if (workbench.deadlinePausedAt !== undefined) return workbench;
      return beginStop(workbench, context, {
        reason: workbench.refusal ?? timeoutReason(workbench, context),
      });
    case 'provisioning':
      return beginStop(workbench, context, {
        reason: {
          code: 'no_capacity',
          message: `No capacity provider had free capacity ${formatWithin(context.policy.provisioningTimeoutMs)}. Try again later or request less.`,
        },
      });
    case 'pending':
      if (isWaitingForGate(workbench, context.policy))
        return applyGateDeadline(workbench, (reason) => beginStop(workbench, context, { reason }), context);
      return beginStop(workbench, context, { reason: timeoutReason(workbench, context) });
    default:
      // A stop or deletion is never assumed to have happened: it continues and is reported as overdue.
      return { ...workbench, overdue: true };
  }
}

function timeoutReason(workbench: Workbench, { policy }: Context): StatusReason {
  const allowed = workbench.status === 'starting' ? policy.startingTimeoutMs : policy.pendingTimeoutMs;
  return {
    code: 'start_timeout',
    message: `The workbench did not become ready ${formatWithin(allowed)}.${lastState(workbench)}`,
  };
}

function lastState(workbench: Workbench): string {
  const detail = statusDetail(workbench);
  if (detail === undefined) return '';
  // The detail of a task says what was seen of it, not what it waits for.
  const isOfTask = workbench.status === 'pending' && detail === workbench.detail;
  return isOfTask ? ` Last seen: ${detail}.` : ` It was waiting for: ${detail}.`;
}

function formatWithin(ms: number): string {
  return ms < 120_000
    ? `within ${Math.round(ms / 1000)} seconds`
    : `within ${Math.round(ms / 60_000)} minutes`;
}

/**
 * Pauses the deadline of a start while the controller's calls are throttled, or while it has no space: the workbench is
 * not to blame for the delay.
 */
export function pauseDeadline(workbench: Workbench, kind: RefusalKind, { now }: Context): Workbench {
  if (workbench.status !== 'starting') return workbench;
  const { pausedForSpace: _before, deadlinePausedAt = now, ...rest } = workbench;
  return { ...rest, deadlinePausedAt, ...(kind === 'no_space' ? { pausedForSpace: true } : {}) };
}

/** Resumes a paused deadline after a call succeeded; the pause does not count. */
export function resumeDeadline(workbench: Workbench, { now }: Context): Workbench {
  if (workbench.status !== 'starting' || workbench.deadlinePausedAt === undefined) return workbench;
  const { deadlinePausedAt, pausedForSpace: _ended, ...rest } = workbench;
  return { ...(rest as Starting), deadlineAt: workbench.deadlineAt + Math.max(0, now - deadlinePausedAt) };
}
