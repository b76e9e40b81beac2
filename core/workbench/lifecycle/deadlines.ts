import type { StatusReason } from '../reasons.ts';
import { statusDetail } from '../status-detail.ts';
import { runOf, type Starting, type Workbench } from '../workbench.ts';
import { type Context, lookBy, wasLeftAlone } from './context.ts';
import { HOST_LOST, isEnding } from './run.ts';
import { forgetGoneStrays } from './unexpected-tasks.ts';
import { beginStop, runGone } from './transitions.ts';

/** What follows from time alone: fences that have passed, deadlines that are over. */
export function timePassed(workbench: Workbench, context: Context): Workbench {
  const current = pastFence(forgetGoneStrays(workbench, context), context);
  const judged = applyDeadline(stopIfAgentSilent(current, context), context);
  // What was waited for may have come meanwhile.
  const ends = judged.status !== current.status;
  return ends && wasLeftAlone(workbench, context) ? lookBy(current, context.now) : judged;
}

/** A machine whose agent has been silent for long is given up: its task shows RUNNING for ever. */
function stopIfAgentSilent(workbench: Workbench, context: Context): Workbench {
  if (workbench.status !== 'running' && workbench.status !== 'pending') return workbench;
  const { silentSince } = workbench.run;
  if (silentSince === undefined || context.now - silentSince < context.policy.silentHostMs) return workbench;
  return beginStop(workbench, context, { reason: HOST_LOST });
}

function pastFence(workbench: Workbench, context: Context): Workbench {
  const run = runOf(workbench);
  const past = run?.phase === 'accepted' && run.goneAt !== undefined && run.goneAt <= context.now;
  return past && isEnding(workbench) ? runGone(workbench, context) : workbench;
}

function applyDeadline(workbench: Workbench, context: Context): Workbench {
  if (!('deadlineAt' in workbench) || workbench.overdue || context.now < workbench.deadlineAt)
    return workbench;
  switch (workbench.status) {
    case 'starting':
      if (workbench.pausedAt !== undefined) return workbench;
      return beginStop(workbench, context, { reason: workbench.refusal ?? timedOut(workbench, context) });
    case 'provisioning':
      return beginStop(workbench, context, {
        reason: {
          code: 'no_capacity',
          message: `No machine had room for it ${formatWithin(context.policy.provisioningMs)}.`,
        },
      });
    case 'pending':
      return beginStop(workbench, context, { reason: timedOut(workbench, context) });
    default:
      // A stop or destroy is never assumed to have happened: it goes on, and says that it is late.
      return { ...workbench, overdue: true };
  }
}

function timedOut(workbench: Workbench, { policy }: Context): StatusReason {
  const allowed = workbench.status === 'starting' ? policy.startingMs : policy.pendingTimeoutMs;
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
  if (workbench.status !== 'starting' || workbench.pausedAt !== undefined) return workbench;
  return { ...workbench, pausedAt: now };
}

/** The work was taken: the deadline runs again from where it stood. */
export function resumeDeadline(workbench: Workbench, { now }: Context): Workbench {
  if (workbench.status !== 'starting' || workbench.pausedAt === undefined) return workbench;
  const { pausedAt, ...rest } = workbench;
  return { ...(rest as Starting), deadlineAt: workbench.deadlineAt + Math.max(0, now - pausedAt) };
}
