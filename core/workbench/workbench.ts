import { isHostReady } from './host-state.ts';
import { plannedTimesOf } from './planned-stop.ts';
import { type AcceptedRun, type Run, runOf, type Workbench, type WorkbenchKey } from './record-schema.ts';

/** The record of a workbench, whose schema is in record-schema.ts, and what follows from it. */

export { HOST_STATES, type Host } from './host-schema.ts';
export { isDeleted } from './is-deleted.ts';
export * from './record-schema.ts';

/** Maximum number of unexpected tasks in a record. The sweep of tasks finds further ones. */
export const UNEXPECTED_TASKS_MAX = 2;

/** Maximum length of a task's detail, in bytes of UTF-8. */
export const DETAIL_MAX = 200;

/** Maximum length of the name that an issued run keeps after the workbench was renamed, in bytes of UTF-8. */
export const FORMER_NAME_MAX = 64;

/**
 * Maximum number of history entries in a record. A writer that would exceed it first writes the entries to the history.
 * An entry has up to 190 bytes, so that this number decides how much of the 4 KB is free for new fields.
 */
export const OUTBOX_MAX = 2;

export function keyOf(workbench: WorkbenchKey): WorkbenchKey {
  return { userId: workbench.userId, workbenchId: workbench.workbenchId };
}

/** Whether the workbench has, or may have, resources that cost money. The sweep of active records checks these. */
export function isActive(workbench: Workbench): boolean {
  return (
    workbench.status !== 'stopped' || workbench.unexpectedTasks.length > 0 || workbench.host !== undefined
  );
}

/**
 * When the launch of the host may be sent; undefined if it may have been sent. Only while the workbench starts: an older
 * version keeps the field in other statuses, although it may have sent the launch.
 */
export function launchAfterOf({ status, host }: Workbench): number | undefined {
  return status === 'starting' && host?.instanceId === undefined ? host?.launchAfter : undefined;
}

/** Number of tasks that failed before the workbench ran, in a start that is in progress; otherwise 0. */
export function failedStartsOf(workbench: Workbench): number {
  switch (workbench.status) {
    case 'starting':
    case 'provisioning':
    case 'pending':
      return workbench.failedStarts ?? 0;
    default:
      return 0;
  }
}

/** When the run whose task has stopped counts as gone. Undefined while that is open. */
export function goneAfterOf(run: Run | undefined): number | undefined {
  return run?.phase === 'accepted' ? run.goneAfter : undefined;
}

/**
 * When the workbench must next be driven; undefined when it is settled. A deadline counts until the record is marked
 * overdue. Entries that are not yet in the history are due at once.
 */
export function dueAt(workbench: Workbench): number | undefined {
  const times: number[] = [];
  if (workbench.outbox.length > 0) times.push(workbench.updatedAt);
  if (workbench.nextDriveAt !== undefined) times.push(workbench.nextDriveAt);
  if (
    'deadlineAt' in workbench &&
    !workbench.overdue &&
    !('deadlinePausedAt' in workbench && workbench.deadlinePausedAt !== undefined)
  ) {
    times.push(workbench.deadlineAt);
  }
  const launchAfter = launchAfterOf(workbench);
  if (launchAfter !== undefined) times.push(launchAfter);
  times.push(...plannedTimesOf(workbench));
  const goneAfter = goneAfterOf(runOf(workbench));
  if (goneAfter !== undefined) times.push(goneAfter);
  for (const unexpectedTask of workbench.unexpectedTasks)
    if (unexpectedTask.goneAfter !== undefined) times.push(unexpectedTask.goneAfter);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Desired and actual state agree: no work until the next request or event. */
export function isSettled(workbench: Workbench): boolean {
  if (workbench.unexpectedTasks.length > 0) return false;
  const { host } = workbench;
  if (workbench.status === 'stopped')
    return host === undefined || (host.state === 'stopped' && !host.drained && !host.replacing);
  if (workbench.status !== 'running') return false;
  return !isInDoubt(workbench.run) && (host === undefined || isHostReady(host));
}

/** ECS does not find the task, or the agent of its instance is disconnected. */
function isInDoubt({ missingSince, agentSilentSince }: AcceptedRun): boolean {
  return missingSince !== undefined || agentSilentSince !== undefined;
}
