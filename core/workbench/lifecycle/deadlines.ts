import type { StatusReason } from '../reasons.ts';
import { statusDetail } from '../status-detail.ts';
import { runOf, type Starting, type Workbench } from '../workbench.ts';
import { type Context, driveBy, isUnattended } from './context.ts';
import { INSTANCE_LOST, isEnding } from './run.ts';
import { beginStop, endRun } from './transitions.ts';
import { removeGoneTasks } from './unexpected-tasks.ts';

/** What follows from time alone: fences that have passed, deadlines that are over. */
export function applyElapsedTime(workbench: Workbench, context: Context): Workbench {
  const current = endRunAfterSettlePeriod(removeGoneTasks(workbench, context), context);
  const judged = applyDeadline(stopIfAgentSilent(current, context), context);
  // What was waited for may have come meanwhile.
  const ends = judged.status !== current.status;
  return ends && isUnattended(workbench, context) ? driveBy(current, context.now) : judged;
}

/** A machine whose agent has been silent for long is given up: its task shows RUNNING for ever. */
function stopIfAgentSilent(workbench: Workbench, context: Context): Workbench {
  if (workbench.status !== 'running' && workbench.status !== 'pending') return workbench;
  const { agentSilentSince } = workbench.run;
  if (agentSilentSince === undefined || context.now - agentSilentSince < context.policy.agentSilentTimeoutMs)
    return workbench;
  return beginStop(workbench, context, { reason: INSTANCE_LOST });
}

function endRunAfterSettlePeriod(workbench: Workbench, context: Context): Workbench {
  const run = runOf(workbench);
  const past = run?.phase === 'accepted' && run.goneAfter !== undefined && run.goneAfter <= context.now;
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
          message: `No machine had room for it ${formatWithin(context.policy.provisioningTimeoutMs)}.`,
        },
      });
    case 'pending':
      return beginStop(workbench, context, { reason: timeoutReason(workbench, context) });
    default:
      // A stop or destroy is never assumed to have happened: it goes on, and says that it is late.
      return { ...workbench, overdue: true };
  }
}

function timeoutReason(workbench: Workbench, { policy }: Context): StatusReason {
  const allowed = workbench.status === 'starting' ? policy.startingTimeoutMs : policy.pendingTimeoutMs;
  const detail = statusDetail(workbench);
  const what = detail === undefined ? '' : ` It was waiting for: ${detail}.`;
  return { code: 'start_timeout', message: `It did not become ready ${formatWithin(allowed)}.${what}` };
}

function formatWithin(ms: number): string {
  return ms < 120_000
    ? `within ${Math.round(ms / 1000)} seconds`
    : `within ${Math.round(ms / 60_000)} minutes`;
}

/** While we ourselves queue the work (a throttle), the deadline of a start stands still. */
export function pauseDeadline(workbench: Workbench, { now }: Context): Workbench {
  if (workbench.status !== 'starting' || workbench.deadlinePausedAt !== undefined) return workbench;
  return { ...workbench, deadlinePausedAt: now };
}

/** The work was taken: the deadline runs again from where it stood. */
export function resumeDeadline(workbench: Workbench, { now }: Context): Workbench {
  if (workbench.status !== 'starting' || workbench.deadlinePausedAt === undefined) return workbench;
  const { deadlinePausedAt, ...rest } = workbench;
  return { ...(rest as Starting), deadlineAt: workbench.deadlineAt + Math.max(0, now - deadlinePausedAt) };
}
