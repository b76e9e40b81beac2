import type { TaskInput } from '../../ports/task-runner.ts';
import { isHostReady } from '../host-state.ts';
import {
  type Base,
  type Deleting,
  launchAfterOf,
  type Run,
  type Stopping,
  type Workbench,
} from '../workbench.ts';
import { isUnattended, skipGap } from './gap.ts';
import { probeEffects } from './gate-probe.ts';
import { hostEffects } from './host.ts';
import { idleEffects } from './idle.ts';
import type { Effect } from './inputs.ts';
import type { Policy } from './policy.ts';

/** The client token of a run's attempt: the same for every retry of the attempt, at most 64 ASCII characters. */
export function runClientToken(input: Pick<TaskInput, 'workbenchId' | 'runId' | 'attempt'>): string {
  return `${input.workbenchId}/${input.runId}/${input.attempt}`;
}

/**
 * Returns the pending effects at `now`, in the order of execution. Empty before the due time, and if desired and actual
 * state agree. They are derived from the record alone, so that a crash between any two steps loses none of them: the next
 * reader of the record derives the same effects.
 */
export function pendingEffects(record: Workbench, now: number, policy: Policy): readonly Effect[] {
  const workbench = skipGap(record, now);
  const { nextDriveAt } = workbench;
  const driven =
    nextDriveAt === undefined || now < nextDriveAt
      ? []
      : [...effectsForUnexpectedTasks(workbench, now, policy), ...effectsForStatus(workbench, now, policy)];
  return [...driven, ...idleEffects(workbench, now)];
}

function effectsForUnexpectedTasks(workbench: Base, now: number, policy: Policy): readonly Effect[] {
  return workbench.unexpectedTasks
    .filter((unexpectedTask) => unexpectedTask.goneAfter === undefined)
    .flatMap(({ taskId, stopRequestedAt, agentSilentSince }) => {
      const silent = agentSilentSince !== undefined && now - agentSilentSince >= policy.agentSilentTimeoutMs;
      const effect = stopOrDescribeTask(
        taskId,
        stopRequestedAt,
        'task does not belong to the current run',
        now,
        policy,
      );
      return silent ? [effect, { type: 'terminate_instance', taskId, forced: false }] : [effect];
    });
}

function effectsForStatus(workbench: Workbench, now: number, policy: Policy): readonly Effect[] {
  switch (workbench.status) {
    case 'starting': {
      if (workbench.mount === undefined) return [{ type: 'ensure_volume' }];
      if (workbench.unexpectedTasks.length > 0) return [];
      if (launchAfterOf(workbench) !== undefined) return [];
      const { run, host } = workbench;
      // A run that was issued before the drain may have its task already.
      if (host?.drained && run.phase === 'preparing')
        return hostEffects(workbench, { ...host, replacing: true }, 'ready');
      if (host && !isHostReady(host)) return hostEffects(workbench, host, 'ready');
      if (run.phase === 'issued')
        return [{ type: 'run_task', input: run.input, token: runClientToken(run.input) }];
      if (run.goneAfter !== undefined) return effectsAfterRefusal(run, now);
      return [{ type: 'place_run', runId: run.runId, attempt: run.attempt }];
    }
    case 'provisioning':
    case 'pending':
    case 'running':
      return [
        { type: 'describe_task', taskId: workbench.run.taskId },
        ...probeEffects(workbench, policy),
        ...(workbench.host ? hostEffects(workbench, workbench.host, 'ready') : []),
      ];
    case 'stopping':
    case 'deleting': {
      if (workbench.run) return effectsForEndingRun(workbench, workbench.run, now, policy);
      if (workbench.unexpectedTasks.length > 0) return [];
      const host = workbench.host;
      if (host) {
        const terminate =
          workbench.status === 'deleting' || host.drained || isStopStuck(workbench, now, policy);
        return hostEffects(workbench, host, terminate ? 'terminated' : 'stopped');
      }
      if (workbench.status === 'stopping') return [];
      return [{ type: workbench.volumeDeleted ? 'delete_record' : 'delete_volume' }];
    }
    case 'stopped':
      return workbench.host
        ? hostEffects(workbench, workbench.host, workbench.host.drained ? 'terminated' : 'stopped')
        : [];
  }
}

/**
 * An issued run is resolved by the same RunTask call: only its response says whether there is a task to stop.
 * See docs/lifecycle.md#issued-runs.
 */
function effectsForEndingRun(
  workbench: Stopping | Deleting,
  run: Run,
  now: number,
  policy: Policy,
): readonly Effect[] {
  if (run.phase === 'preparing') return effectsAfterRefusal(run, now);
  if (run.phase === 'issued')
    return [{ type: 'run_task', input: run.input, token: runClientToken(run.input) }];
  if (run.goneAfter !== undefined) return [];
  const { host, forced = false } = workbench;
  const overdue = isStopStuck(workbench, now, policy);
  const silent =
    run.agentSilentSince !== undefined &&
    now - run.agentSilentSince >= terminationDelayMs(workbench, policy) &&
    !isUnattended(workbench, now);
  const effects: Effect[] = [
    stopOrDescribeTask(run.taskId, run.stopRequestedAt, 'workbench is being stopped', now, policy),
  ];
  if (host?.instanceId !== undefined) {
    // If the agent is silent or the stop has no effect, only the end of the host proves the end of the task.
    const terminate = (overdue || silent) && host.state !== 'shutting-down';
    effects.push({ type: terminate ? 'terminate_host' : 'describe_host', instanceId: host.instanceId });
  } else if (silent || (forced && overdue)) {
    // Other workbenches may run on this instance: it is terminated only while its agent is silent, or if an authorized
    // user forced the stop.
    effects.push({ type: 'terminate_instance', taskId: run.taskId, forced });
  }
  return effects;
}

/**
 * An earlier call of a refused attempt may have started a task whose event was lost. Once no call can take effect any
 * more, even if the record is driven earlier, the tasks of the workbench are listed.
 */
function effectsAfterRefusal(
  { runId, attempt, goneAfter }: Extract<Run, { phase: 'preparing' }>,
  now: number,
): readonly Effect[] {
  return goneAfter === undefined || now < goneAfter ? [] : [{ type: 'find_tasks', runId, attempt }];
}

/** Whether the stop has had no effect for so long that the instance must be terminated. */
function isStopStuck(workbench: Stopping | Deleting, now: number, policy: Policy): boolean {
  return now >= workbench.deadlineAt + terminationDelayMs(workbench, policy) && !isUnattended(workbench, now);
}

/**
 * How long after the deadline, or after the agent became silent, the instance is terminated. A forced stop also waits for
 * one stop retry interval, because a container has 30 s to end after SIGTERM.
 */
function terminationDelayMs({ forced }: Stopping | Deleting, policy: Policy): number {
  return forced ? policy.stopRetryMs : policy.agentSilentTimeoutMs;
}

function stopOrDescribeTask(
  taskId: string,
  stopRequestedAt: number | undefined,
  reason: string,
  now: number,
  policy: Policy,
): Effect {
  const retry = stopRequestedAt === undefined || now - stopRequestedAt >= policy.stopRetryMs;
  return retry ? { type: 'stop_task', taskId, reason } : { type: 'describe_task', taskId };
}
