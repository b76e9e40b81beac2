import type { TaskInput } from '../../ports/task-runner.ts';
import type { Base, Deleting, Run, Stopping, Workbench } from '../workbench.ts';
import { wasLeftAlone } from './context.ts';
import { hostEffect, hostIsReady } from './host.ts';
import type { Policy } from './policy.ts';

/**
 * What is owed to the world. All of it follows from the record: a crash between any two steps loses nothing,
 * whoever reads the record next owes the same. Each may be carried out twice without harm.
 */
export type Effect =
  | { readonly type: 'ensure_volume' }
  | { readonly type: 'wipe_volume' }
  | { readonly type: 'place_run'; readonly runId: string; readonly attempt: number }
  | { readonly type: 'run_task'; readonly input: TaskInput; readonly token: string }
  | { readonly type: 'stop_task'; readonly taskId: string; readonly why: string }
  | { readonly type: 'look_at_task'; readonly taskId: string }
  | { readonly type: 'end_machine'; readonly taskId: string; readonly forced: boolean }
  | {
      readonly type: 'launch_host';
      readonly generation: number;
      readonly instanceType: string;
      readonly token: string;
    }
  | { readonly type: 'start_host'; readonly generation: number; readonly instanceId: string }
  | { readonly type: 'stop_host' | 'terminate_host' | 'look_at_host'; readonly instanceId: string }
  | { readonly type: 'remove_record' };

/** The token of a run's attempt: the same for every retry of it, at most 64 ASCII characters. */
export function runToken(input: Pick<TaskInput, 'workbenchId' | 'runId' | 'attempt'>): string {
  return `${input.workbenchId}/${input.runId}/${input.attempt}`;
}

/**
 * What is owed at `now`, in the order in which it should be carried out. Empty before the time of the next
 * look, and when all is as it is wanted.
 */
export function pendingEffects(workbench: Workbench, now: number, policy: Policy): readonly Effect[] {
  if (workbench.nextAt === undefined || now < workbench.nextAt) return [];
  return [...owedToStrays(workbench, now, policy), ...owedToState(workbench, now, policy)];
}

function owedToStrays(workbench: Base, now: number, policy: Policy): readonly Effect[] {
  return workbench.strays
    .filter((stray) => stray.goneAt === undefined)
    .flatMap(({ taskId, stopAskedAt, silentSince }) => {
      const silent = silentSince !== undefined && now - silentSince >= policy.silentHostMs;
      const asked = stopOrLook(taskId, stopAskedAt, 'not the current run', now, policy);
      return silent ? [asked, { type: 'end_machine', taskId, forced: false }] : [asked];
    });
}

function owedToState(workbench: Workbench, now: number, policy: Policy): readonly Effect[] {
  switch (workbench.status) {
    case 'starting': {
      if (workbench.mount === undefined) return [{ type: 'ensure_volume' }];
      if (workbench.strays.length > 0) return [];
      if (workbench.host && !hostIsReady(workbench.host))
        return hostEffect(workbench, workbench.host, 'ready');
      const { run } = workbench;
      if (run.phase === 'issued') return [{ type: 'run_task', input: run.input, token: runToken(run.input) }];
      return [{ type: 'place_run', runId: run.runId, attempt: run.attempt }];
    }
    case 'provisioning':
    case 'pending':
    case 'running':
      return [
        { type: 'look_at_task', taskId: workbench.run.taskId },
        ...(workbench.host ? hostEffect(workbench, workbench.host, 'ready') : []),
      ];
    case 'stopping':
    case 'deleting': {
      if (workbench.run) return owedToEndingRun(workbench, workbench.run, now, policy);
      if (workbench.strays.length > 0) return [];
      const host = workbench.host;
      if (host) {
        const ends = workbench.status === 'deleting' || isStuck(workbench, now, policy);
        return hostEffect(workbench, host, ends ? 'terminated' : 'stopped');
      }
      if (workbench.status === 'stopping') return [];
      return [{ type: workbench.wiped ? 'remove_record' : 'wipe_volume' }];
    }
    case 'stopped':
      return workbench.host ? hostEffect(workbench, workbench.host, 'stopped') : [];
  }
}

/** An issued run is resolved by the same call again: only its answer tells whether there is a task to stop. */
function owedToEndingRun(
  workbench: Stopping | Deleting,
  run: Run,
  now: number,
  policy: Policy,
): readonly Effect[] {
  if (run.phase === 'preparing') return [];
  if (run.phase === 'issued') return [{ type: 'run_task', input: run.input, token: runToken(run.input) }];
  if (run.goneAt !== undefined) return [];
  const { host, forced = false } = workbench;
  const overdue = isStuck(workbench, now, policy);
  const silent =
    run.silentSince !== undefined &&
    now - run.silentSince >= patienceWith(workbench, policy) &&
    !wasLeftAlone(workbench, { now });
  const effects: Effect[] = [stopOrLook(run.taskId, run.stopAskedAt, 'not wanted any more', now, policy)];
  if (host?.instanceId !== undefined) {
    // Only the machine's end can still prove the end of the task.
    const end = (overdue || silent) && host.state !== 'shutting-down';
    effects.push({ type: end ? 'terminate_host' : 'look_at_host', instanceId: host.instanceId });
  } else if (silent || (forced && overdue)) {
    // Others may be on this machine: not while its agent answers, unless somebody who may has said so.
    effects.push({ type: 'end_machine', taskId: run.taskId, forced });
  }
  return effects;
}

/** Its stop has shown no effect for so long that only the machine's end is left. */
function isStuck(workbench: Stopping | Deleting, now: number, policy: Policy): boolean {
  return now >= workbench.deadlineAt + patienceWith(workbench, policy) && !wasLeftAlone(workbench, { now });
}

/** A container has half a minute to end after it was asked: that is not yet a stop without effect. */
function patienceWith({ forced }: Stopping | Deleting, policy: Policy): number {
  return forced ? policy.stopAgainMs : policy.silentHostMs;
}

function stopOrLook(
  taskId: string,
  askedAt: number | undefined,
  why: string,
  now: number,
  policy: Policy,
): Effect {
  const ask = askedAt === undefined || now - askedAt >= policy.stopAgainMs;
  return ask ? { type: 'stop_task', taskId, why } : { type: 'look_at_task', taskId };
}
