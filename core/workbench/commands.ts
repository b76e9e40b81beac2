import { startChangeDeadline } from '../change-deadline.ts';
import { WorkbenchError, workbenchNotFound } from '../errors.ts';
import { assertFits } from '../placement/choose-placement.ts';
import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import type { Ids } from '../ports/ids.ts';
import type { Request } from './lifecycle/inputs.ts';
import type { Policy } from './lifecycle/policy.ts';
import { lifecycle } from './lifecycle/step.ts';
import { type Changes, specChangesOf } from './request-fields.ts';
import {
  type QueuePorts,
  type RecordPorts,
  scheduleDrive,
  submitRequest,
  updateRecord,
} from './update-record.ts';
import { countStart, NO_START_LIMIT, type StartLimit, type StartLimitPorts } from './user-limits.ts';
import { runOf, type Workbench, type WorkbenchKey } from './workbench.ts';

export interface StartPorts extends RecordPorts, QueuePorts, StartLimitPorts {
  readonly ids: Ids;
}

/** What a command gets besides the workbench and the caller. */
export interface CommandOptions {
  /** The record as the caller has already read it; saves the first read. */
  readonly first?: Workbench;
}

export interface StartOptions extends CommandOptions {
  /** The groups that the caller proves of the owner. Undefined: none is proved. */
  readonly groups?: readonly string[] | undefined;
  /** @default no limit */
  readonly limits?: StartLimit;
}

/**
 * Requests that the workbench runs. Changes nothing if it runs or is starting. While it is stopping, the start begins
 * after the stop.
 * @throws WorkbenchError `workbench_not_found`, `deleting`, `quota_exceeded`, `too_many_requests`, `unavailable`
 */
export async function startWorkbench(
  ports: StartPorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  options: StartOptions = {},
): Promise<Workbench> {
  const runId = ports.ids.runId();
  return submitStart(ports, policy, key, () => ({ type: 'start', runId, by }), options);
}

export interface StopOptions extends CommandOptions {
  /** Terminates the instance soon if the task does not stop; the run still ends only once its end is confirmed. */
  readonly force?: ForceOptions;
}

/** Options of a forced stop, which may terminate an instance that also runs tasks of other workbenches. */
export interface ForceOptions {
  /** Whether the caller may end tasks of other workbenches. */
  readonly admin: boolean;
}

/**
 * Requests that the workbench stops. Cancels a start. Changes nothing if it is stopped, stopping or being deleted.
 * @throws WorkbenchError `workbench_not_found`, `unavailable`; `forbidden` (`admin_required`) for a forced stop on a
 *   shared instance
 */
export async function stopWorkbench(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  { force, first }: StopOptions = {},
): Promise<Workbench> {
  const request = (current: Workbench): Request => {
    if (force === undefined) return { type: 'stop', by };
    if (!force.admin && current.spec.dedicatedInstanceType === undefined) {
      const message =
        'The workbench runs on a shared instance, so a forced stop can end other workbenches. It requires the admin scope.';
      throw new WorkbenchError('forbidden', message, { reason: 'admin_required' });
    }
    return { type: 'stop', by, force: true };
  };
  return submitRequest(ports, policy, key, request, first);
}

/**
 * Stops the current run and starts another; starts a stopped workbench. Two concurrent requests restart it once: the
 * request applies to the run that was read first, even if the write is retried after a revision conflict.
 * @throws WorkbenchError `workbench_not_found`, `deleting`, `quota_exceeded`, `too_many_requests`, `unavailable`
 */
export async function restartWorkbench(
  ports: StartPorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  options: StartOptions = {},
): Promise<Workbench> {
  const runId = ports.ids.runId();
  let firstRead: { readonly runId: string | undefined } | undefined;
  const request = (current: Workbench): Request => {
    firstRead ??= { runId: runOf(current)?.runId };
    return { type: 'restart', observedRunId: firstRead.runId, runId, by };
  };
  return submitStart(ports, policy, key, request, options);
}

/** Submits a request that may start the workbench. It counts as a start of its user only if it changes the record. */
async function submitStart(
  ports: StartPorts,
  policy: Policy,
  key: WorkbenchKey,
  request: (current: Workbench) => Request,
  { limits = NO_START_LIMIT, first, groups }: StartOptions,
): Promise<Workbench> {
  if (limits.startsPerMinute === 0) return submitRequest(ports, policy, key, request, first, groups);
  const current = first ?? (await ports.workbenches.read(key));
  if (current === undefined) throw workbenchNotFound();
  const { workbench } = lifecycle(policy)(current, request(current), ports.clock.now());
  if (workbench !== current) await countStart(ports, limits, key.userId);
  return submitRequest(ports, policy, key, request, current, groups);
}

/**
 * Renames the workbench in any state, resizes it while it is stopped. Applies all changes or none.
 * @throws WorkbenchError `workbench_not_found`, `not_stopped`, `deleting`, `cannot_fit`, `unavailable`
 */
export async function updateWorkbench(
  ports: RecordPorts & QueuePorts & { readonly catalog: SizeCatalog },
  policy: Policy,
  key: WorkbenchKey,
  changes: Changes,
  by: string,
  first?: Workbench,
): Promise<Workbench> {
  const checkDeadline = startChangeDeadline(ports.clock);
  const current = first ?? (await ports.workbenches.read(key));
  if (current === undefined) throw workbenchNotFound();
  const specChanges = specChangesOf(changes);
  if (current.status === 'stopped' && Object.keys(specChanges).length > 0) {
    await assertFits({ ...current.spec, ...specChanges }, ports.catalog);
  }
  const input = (): Request => {
    checkDeadline();
    return { type: 'update', changes, by };
  };
  const updated = await updateRecord(ports, policy, key, input, current);
  if (updated === undefined) throw workbenchNotFound();
  if (updated !== current) await scheduleDrive(ports, updated);
  return updated;
}

/**
 * Requests that the workbench is not stopped for idleness within the next `minutes`, 1 to EXTENSION_MINUTES_MAX. Other
 * planned stops stay.
 * @throws WorkbenchError `workbench_not_found`, `not_running`, `deleting`, `unavailable`
 */
export async function extendWorkbench(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  minutes: number,
  by: string,
  first?: Workbench,
): Promise<Workbench> {
  return submitRequest(ports, policy, key, () => ({ type: 'extend', minutes, by }), first);
}

export interface DeleteOptions extends CommandOptions {
  /** Whether the workbench can not be restored, even if the installation keeps deleted ones. @default false */
  readonly immediately?: boolean;
}

/**
 * Requests that the workbench is deleted with all its data: first its run, then its host, its volume, and finally its
 * record. Where the installation keeps deleted workbenches for a time, it is stopped and hidden until then. A second request
 * changes nothing, unless it deletes immediately what is only hidden.
 * @throws WorkbenchError `workbench_not_found`, `unavailable`
 */
export async function deleteWorkbench(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  { first, immediately = false }: DeleteOptions = {},
): Promise<Workbench> {
  return submitRequest(ports, policy, key, () => ({ type: 'delete', immediately, by }), first);
}

/**
 * Takes a deletion back. The workbench is stopped, or stopping.
 * @param groups those that the caller proves of the owner; undefined: none is proved
 * @throws WorkbenchError `workbench_not_found`; `not_deleted`; `deleting` if it is too late; `quota_exceeded`, `unavailable`
 */
export async function restoreWorkbench(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  first?: Workbench,
  groups?: readonly string[],
): Promise<Workbench> {
  return submitRequest(ports, policy, key, () => ({ type: 'restore', by }), first, groups);
}
