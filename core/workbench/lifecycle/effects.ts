import type { TaskInput } from '../../ports/task-runner.ts';
import type { Base, Deleting, Run, Stopping, Workbench } from '../workbench.ts';
import { isUnattended } from './context.ts';
import { hostEffects, isHostReady } from './host.ts';
import type { Policy } from './policy.ts';

/**
 * What is owed to the world. All of it follows from the record: a crash between any two steps loses nothing,
 * whoever reads the record next owes the same. Each may be carried out twice without harm.
 */
export type Effect =
  | { readonly type: 'ensure_volume' }
  | { readonly type: 'delete_volume' }
  | { readonly type: 'place_run'; readonly runId: string; readonly attempt: number }
  | { readonly type: 'run_task'; readonly input: TaskInput; readonly token: string }
  | { readonly type: 'stop_task'; readonly taskId: string; readonly why: string }
  | { readonly type: 'describe_task'; readonly taskId: string }
  | { readonly type: 'terminate_instance'; readonly taskId: string; readonly forced: boolean }
  | {
      readonly type: 'launch_host';
      readonly generation: number;
      readonly instanceType: string;
      readonly token: string;
    }
  | { readonly type: 'start_host'; readonly generation: number; readonly instanceId: string }
  | { readonly type: 'stop_host' | 'terminate_host' | 'describe_host'; readonly instanceId: string }
  | { readonly type: 'delete_record' };

/** The token of a run's attempt: the same for every retry of it, at most 64 ASCII characters. */
export function runClientToken(input: Pick<TaskInput, 'workbenchId' | 'runId' | 'attempt'>): string {
  return `${input.workbenchId}/${input.runId}/${input.attempt}`;
}

/**
 * What is owed at `now`, in the order in which it should be carried out. Empty before the time of the next
 * look, and when all is as it is wanted.
 */
export function pendingEffects(workbench: Workbench, now: number, policy: Policy): readonly Effect[] {
  if (workbench.nextDriveAt === undefined || now < workbench.nextDriveAt) return [];
  return [...effectsForUnexpectedTasks(workbench, now, policy), ...effectsForStatus(workbench, now, policy)];
}

function effectsForUnexpectedTasks(workbench: Base, now: number, policy: Policy): readonly Effect[] {
  return workbench.unexpectedTasks
    .filter((unexpectedTask) => unexpectedTask.goneAfter === undefined)
    .flatMap(({ taskId, stopRequestedAt, agentSilentSince }) => {
      const silent = agentSilentSince !== undefined && now - agentSilentSince >= policy.agentSilentTimeoutMs;
      const asked = stopOrDescribeTask(taskId, stopRequestedAt, 'not the current run', now, policy);
      return silent ? [asked, { type: 'terminate_instance', taskId, forced: false }] : [asked];
    });
}

function effectsForStatus(workbench: Workbench, now: number, policy: Policy): readonly Effect[] {
  switch (workbench.status) {
    case 'starting': {
      if (workbench.mount === undefined) return [{ type: 'ensure_volume' }];
      if (workbench.unexpectedTasks.length > 0) return [];
      if (workbench.host && !isHostReady(workbench.host))
        return hostEffects(workbench, workbench.host, 'ready');
      const { run } = workbench;
      if (run.phase === 'issued')
        return [{ type: 'run_task', input: run.input, token: runClientToken(run.input) }];
      return [{ type: 'place_run', runId: run.runId, attempt: run.attempt }];
    }
    case 'provisioning':
    case 'pending':
    case 'running':
      return [
        { type: 'describe_task', taskId: workbench.run.taskId },
        ...(workbench.host ? hostEffects(workbench, workbench.host, 'ready') : []),
      ];
    case 'stopping':
    case 'deleting': {
      if (workbench.run) return effectsForEndingRun(workbench, workbench.run, now, policy);
      if (workbench.unexpectedTasks.length > 0) return [];
      const host = workbench.host;
      if (host) {
        const ends = workbench.status === 'deleting' || isStopStuck(workbench, now, policy);
        return hostEffects(workbench, host, ends ? 'terminated' : 'stopped');
      }
      if (workbench.status === 'stopping') return [];
      return [{ type: workbench.volumeDeleted ? 'delete_record' : 'delete_volume' }];
    }
    case 'stopped':
      return workbench.host ? hostEffects(workbench, workbench.host, 'stopped') : [];
  }
}

/** An issued run is resolved by the same call again: only its answer tells whether there is a task to stop. */
function effectsForEndingRun(
  workbench: Stopping | Deleting,
  run: Run,
  now: number,
  policy: Policy,
): readonly Effect[] {
  if (run.phase === 'preparing') return [];
  if (run.phase === 'issued')
    return [{ type: 'run_task', input: run.input, token: runClientToken(run.input) }];
  if (run.goneAfter !== undefined) return [];
  const { host, forced = false } = workbench;
  const overdue = isStopStuck(workbench, now, policy);
  const silent =
    run.agentSilentSince !== undefined &&
    now - run.agentSilentSince >= terminationDelayMs(workbench, policy) &&
    !isUnattended(workbench, { now });
  const effects: Effect[] = [
    stopOrDescribeTask(run.taskId, run.stopRequestedAt, 'not wanted any more', now, policy),
  ];
  if (host?.instanceId !== undefined) {
    // Only the machine's end can still prove the end of the task.
    const end = (overdue || silent) && host.state !== 'shutting-down';
    effects.push({ type: end ? 'terminate_host' : 'describe_host', instanceId: host.instanceId });
  } else if (silent || (forced && overdue)) {
    // Others may be on this machine: not while its agent answers, unless somebody who may has said so.
    effects.push({ type: 'terminate_instance', taskId: run.taskId, forced });
  }
  return effects;
}

/** Its stop has shown no effect for so long that only the machine's end is left. */
function isStopStuck(workbench: Stopping | Deleting, now: number, policy: Policy): boolean {
  return (
    now >= workbench.deadlineAt + terminationDelayMs(workbench, policy) && !isUnattended(workbench, { now })
  );
}

/** A container has half a minute to end after it was asked: that is not yet a stop without effect. */
function terminationDelayMs({ forced }: Stopping | Deleting, policy: Policy): number {
  return forced ? policy.stopRetryMs : policy.agentSilentTimeoutMs;
}

function stopOrDescribeTask(
  taskId: string,
  stopRequestedAt: number | undefined,
  why: string,
  now: number,
  policy: Policy,
): Effect {
  const retry = stopRequestedAt === undefined || now - stopRequestedAt >= policy.stopRetryMs;
  return retry ? { type: 'stop_task', taskId, why } : { type: 'describe_task', taskId };
}
