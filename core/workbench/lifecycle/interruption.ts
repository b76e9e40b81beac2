import type { Interruption } from '../interruption.ts';
import { interruptionStopAtOf } from '../planned-stop.ts';
import type { StatusReason } from '../reasons.ts';
import {
  type AcceptedRun,
  type Pending,
  type Provisioning,
  type Running,
  runOf,
  type Stopping,
  type Workbench,
} from '../workbench.ts';
import { type Context, driveNow } from './context.ts';
import type { Observation } from './inputs.ts';

type DrainNotice = Extract<Observation, { readonly type: 'drain_noticed' }>;

const SPOT_INTERRUPTED: StatusReason = {
  code: 'spot_interrupted',
  message:
    'AWS took the spot instance of the workbench back. Start the workbench again, or set on_interruption to restart.',
};

const MACHINE_DRAINED: StatusReason = {
  code: 'machine_drained',
  message:
    'An operator emptied the machine of the workbench. Start the workbench again, or set on_interruption to restart.',
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
      const known = run.interruption?.kind;
      if (run.taskId !== taskId || known === 'spot' || known === kind) return workbench;
      // ECS drains the instance because an operator empties it.
      if (kind === 'draining' && known === 'drain') return workbench;
      // The event has the time of AWS, and the clock of the controller may be behind it.
      const interruption: Interruption =
        kind === 'spot' ? { kind, stopAt: Math.min(at, now) + policy.interruptionStopMs } : { kind };
      return { ...workbench, run: { ...run, interruption } };
    }
    default:
      return workbench;
  }
}

/**
 * Stores that an operator empties the machine of the task, or the host. The task runs on until it is stopped or `until`
 * has come. A host takes no further run: it is terminated at the next stop, and the next start launches another.
 * See docs/lifecycle.md#drained-machines.
 */
export function applyDrain(
  workbench: Workbench,
  { on, until }: Pick<DrainNotice, 'on' | 'until'>,
  context: Context,
): Workbench {
  const interruption: Interruption = { kind: 'drain', ...(until === undefined ? {} : { until }) };
  if (on.kind === 'task') return withInterruption(workbench, on.taskId, interruption);
  const { host } = workbench;
  if (host?.instanceId !== on.instanceId || workbench.status === 'deleting') return workbench;
  const run = runOf(workbench);
  const drained = { ...workbench, host: { ...host, drained: true } };
  if (run?.phase === 'accepted') return withInterruption(drained, run.taskId, interruption);
  // No task is known to run on it. Without an issued run the host is terminated now.
  return host.drained ? workbench : driveNow(drained, context);
}

/** The machine takes workbenches again. A host that is being terminated already is replaced all the same. */
export function endDrain(workbench: Workbench, { on }: Pick<DrainNotice, 'on'>): Workbench {
  if (on.kind === 'task') return withoutDrain(workbench, on.taskId);
  if (workbench.host?.instanceId !== on.instanceId) return workbench;
  const { drained: _ended, ...host } = workbench.host;
  const run = runOf(workbench);
  const after = { ...workbench, host };
  return run?.phase === 'accepted' ? withoutDrain(after, run.taskId) : after;
}

/** A warning of AWS stays: the instance ends in any case. */
function withInterruption(workbench: Workbench, taskId: string, interruption: Interruption): Workbench {
  if (!hasLiveTask(workbench) || workbench.run.taskId !== taskId) return workbench;
  if (workbench.run.interruption?.kind === 'spot') return workbench;
  return { ...workbench, run: { ...workbench.run, interruption } };
}

function withoutDrain(workbench: Workbench, taskId: string): Workbench {
  if (!hasLiveTask(workbench) || workbench.run.taskId !== taskId) return workbench;
  const { interruption, ...run } = workbench.run;
  return interruption?.kind === 'drain' ? { ...workbench, run } : workbench;
}

function hasLiveTask(workbench: Workbench): workbench is Provisioning | Pending | Running {
  return ['provisioning', 'pending', 'running'].includes(workbench.status);
}

/** Whether an operator empties the machine on which the workbench runs, or its host. */
export function isDrained(workbench: Workbench): boolean {
  const run = runOf(workbench);
  const drainsTask = run?.phase === 'accepted' && run.interruption?.kind === 'drain';
  return drainsTask || workbench.host?.drained === true;
}

/** The reason of a stop whose time an interruption has set. */
export function dueInterruptionReason(workbench: Workbench, otherwise: StatusReason): StatusReason {
  const run = runOf(workbench);
  return run?.phase === 'accepted' && run.interruption?.kind === 'drain' ? MACHINE_DRAINED : otherwise;
}

/** Whether the task must be stopped now, because its instance is about to end, or an operator empties it. */
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
    reason.code === 'machine_drained' ||
    (reason.code === 'instance_lost' && run?.interruption !== undefined);
  if (!interrupted || run === undefined || readyAt === undefined) return { desired };
  if (desired === 'running' || spec.onInterruption !== 'restart') return { desired };
  return { desired: 'running', nextRun: { runId: successorOf(run), requestedAt: now } };
}

/** A run id that no other run has: the end of the id of the run's task, since the life cycle uses no randomness. */
function successorOf({ taskId }: AcceptedRun): string {
  return taskId.replaceAll('-', '').slice(-16);
}
