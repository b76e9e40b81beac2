import type { Interruption } from '../interruption.ts';
import type { StatusReason } from '../reasons.ts';
import { type AcceptedRun, interruptionStopAtOf, type Stopping, type Workbench } from '../workbench.ts';
import type { Context } from './context.ts';
import type { Observation } from './inputs.ts';

const SPOT_INTERRUPTED: StatusReason = {
  code: 'spot_interrupted',
  message:
    'AWS took the spot instance of the workbench back. Start the workbench again, or set on_interruption to restart.',
};

/**
 * Stores that AWS is about to end the instance of the task. News of other tasks and of tasks that end already change
 * nothing. See docs/lifecycle.md#interruptions.
 */
export function applyInterruption(
  workbench: Workbench,
  { taskId, kind, at }: Extract<Observation, { readonly type: 'interruption_noticed' }>,
  { now, policy }: Context,
): Workbench {
  switch (workbench.status) {
    case 'provisioning':
    case 'pending':
    case 'running': {
      const { run } = workbench;
      if (run.taskId !== taskId || run.interruption?.kind === 'spot' || run.interruption?.kind === kind)
        return workbench;
      // The event has the time of AWS, and the clock of the controller may be behind it.
      const interruption: Interruption =
        kind === 'spot' ? { kind, stopAt: Math.min(at, now) + policy.interruptionStopMs } : { kind };
      return { ...workbench, run: { ...run, interruption } };
    }
    default:
      return workbench;
  }
}

/** Whether the task must be stopped now, because AWS is about to end its instance. */
export function isInterruptionDue(workbench: Workbench, { now }: Context): boolean {
  const stopAt = interruptionStopAtOf(workbench);
  return stopAt !== undefined && now >= stopAt;
}

/** The reason of a stop for an interruption, and of a run that ended with its instance after one. */
export function interruptedReason(reason: StatusReason, run: AcceptedRun | undefined): StatusReason {
  return reason.code === 'instance_lost' && run?.interruption?.kind === 'spot' ? SPOT_INTERRUPTED : reason;
}

/**
 * The run that follows a run that no request ended, if the user asked for it: only after an interruption that AWS
 * announced, since a workbench that ends its own instance would otherwise restart without end, and only if the workbench
 * has run: a start is retried within its limits instead.
 */
export function restartAfter(
  { spec, desired, readyAt }: Pick<Stopping, 'spec' | 'desired' | 'readyAt'>,
  reason: StatusReason,
  run: AcceptedRun | undefined,
  { now }: Context,
): Pick<Stopping, 'desired' | 'nextRun'> {
  const interrupted =
    reason.code === 'spot_interrupted' ||
    (reason.code === 'instance_lost' && run?.interruption !== undefined);
  if (!interrupted || run === undefined || readyAt === undefined) return { desired };
  if (desired === 'running' || spec.onInterruption !== 'restart') return { desired };
  return { desired: 'running', nextRun: { runId: successorOf(run), requestedAt: now } };
}

/** A run id that no other run has: the end of the id of the run's task, since the life cycle uses no randomness. */
function successorOf({ taskId }: AcceptedRun): string {
  return taskId.replaceAll('-', '').slice(-16);
}
