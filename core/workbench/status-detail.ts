import { isDeleted } from './is-deleted.ts';
import type { AcceptedRun, Deleting, Pending, Running, Stopped, Stopping, Workbench } from './workbench.ts';

/**
 * Returns what a workbench in transition waits for, as the API reports it: `queued` (the controller's calls are
 * throttled), `no_space` (the controller has no space to store what the start needs), `volume`, `host`, `capacity`, `run` (a task that must stop first), `instance_unreachable` (a stop is overdue
 * because of its instance), `retry` (the failed task of a start must stop before another one is started), `gate` (the task
 * is ready, and the gate must say that it reaches it; once it has said why not, this is a text), or the task's own detail. With a task it can also be `spot_interruption` or `instance_draining`: AWS has announced the end of the
 * task's instance; or `machine_draining`: an operator empties it. Of a running
 * workbench also `unhealthy`: it no longer responds to its health check; or `idle_unknown`: its activity cannot be read, so that it is not stopped for idleness. Of a stopped one
 * `deletion_planned`: it is deleted by the retention unless it is used; `schedule_missed` or `schedule_refused`: its last
 * start by the schedule did not happen. Undefined if it waits for nothing.
 */
export function statusDetail(workbench: Workbench): string | undefined {
  switch (workbench.status) {
    case 'stopped':
      return workbench.retention?.warned && !isDeleted(workbench)
        ? 'deletion_planned'
        : scheduleDetail(workbench);
    case 'running':
      return interruptionDetail(workbench.run) ?? runningDetail(workbench);
    case 'starting':
      if (workbench.deadlinePausedAt !== undefined) return workbench.pausedForSpace ? 'no_space' : 'queued';
      if (workbench.mount === undefined) return 'volume';
      if (workbench.unexpectedTasks.length > 0) return 'run';
      if (workbench.spec.dedicatedInstanceType !== undefined && workbench.run.phase === 'preparing')
        return 'host';
      return 'capacity';
    case 'provisioning':
      return interruptionDetail(workbench.run) ?? workbench.detail;
    case 'pending':
      return interruptionDetail(workbench.run) ?? gateDetail(workbench) ?? workbench.detail;
    case 'stopping':
    case 'deleting':
      return endingDetail(workbench);
  }
}

function runningDetail({ unhealthy, idle }: Running): string | undefined {
  if (unhealthy) return 'unhealthy';
  return idle?.unknown ? 'idle_unknown' : undefined;
}

/** Why the last start by the schedule did not happen. */
function scheduleDetail({ schedule }: Stopped): string | undefined {
  const state = schedule?.state;
  return state === 'missed' || state === 'refused' ? `schedule_${state}` : undefined;
}

/** The gate must reach the ready task, and why it could not the last time. */
function gateDetail({ gateSilentSince, detail }: Pending): string | undefined {
  if (gateSilentSince === undefined) return undefined;
  return detail === undefined ? 'gate' : `the gate cannot reach it: ${detail}`;
}

function interruptionDetail({ interruption }: AcceptedRun): string | undefined {
  if (interruption === undefined) return undefined;
  if (interruption.kind === 'drain') return 'machine_draining';
  return interruption.kind === 'spot' ? 'spot_interruption' : 'instance_draining';
}

function endingDetail(workbench: Stopping | Deleting): string {
  const { run, unexpectedTasks, host, overdue } = workbench;
  const hasTask = run !== undefined || unexpectedTasks.length > 0;
  if (!hasTask && host === undefined) return 'volume';
  if (overdue) return 'instance_unreachable';
  if (workbench.status === 'stopping' && workbench.nextRun?.retry !== undefined) return 'retry';
  return hasTask ? 'run' : 'host';
}
