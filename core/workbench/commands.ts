import { WorkbenchError, workbenchNotFound } from '../errors.ts';
import { assertFits } from '../placement/choose-placement.ts';
import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import type { Ids } from '../ports/ids.ts';
import type { Changes } from './lifecycle/inputs.ts';
import type { Policy } from './lifecycle/policy.ts';
import {
  type QueuePorts,
  type RecordPorts,
  scheduleDrive,
  submitRequest,
  updateRecord,
} from './update-record.ts';
import { runOf, type Workbench, type WorkbenchKey } from './workbench.ts';

/**
 * Wants it running. Nothing changes when it already is, or is on its way; while it stops, the start begins
 * when the stop is done.
 * @throws WorkbenchError `workbench_not_found`, `deleting`, `unavailable`
 */
export async function startWorkbench(
  ports: RecordPorts & QueuePorts & { readonly ids: Ids },
  policy: Policy,
  key: WorkbenchKey,
  by: string,
): Promise<Workbench> {
  const runId = ports.ids.runId();
  return submitRequest(ports, policy, key, () => ({ type: 'start', runId, by }));
}

/** How a stop may be forced: the last means may end a machine that others are on. */
export interface ForceOptions {
  /** Whether the caller may do that to others. */
  readonly admin: boolean;
}

/**
 * Wants it stopped. Cancels a start; changes nothing when it is stopped or on its way there, or being destroyed.
 * @param force shortens the waits by the last means; it never invents an outcome
 * @throws WorkbenchError `workbench_not_found`, `unavailable`; `forbidden` (`admin_required`) for a forced stop on a
 *   shared machine
 */
export async function stopWorkbench(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  force?: ForceOptions,
): Promise<Workbench> {
  return submitRequest(ports, policy, key, (current) => {
    if (force === undefined) return { type: 'stop', by };
    if (!force.admin && current.spec.dedicatedInstanceType === undefined) {
      const message = 'It shares its machine with others: only an admin may force its stop.';
      throw new WorkbenchError('forbidden', message, { reason: 'admin_required' });
    }
    return { type: 'stop', by, force: true };
  });
}

/**
 * Stops the run that is there now and starts another; of a stopped one it is a start. Asked twice at once it
 * restarts once: the run meant is the one first read, also when the write has to be tried again.
 * @throws WorkbenchError `workbench_not_found`, `deleting`, `unavailable`
 */
export async function restartWorkbench(
  ports: RecordPorts & QueuePorts & { readonly ids: Ids },
  policy: Policy,
  key: WorkbenchKey,
  by: string,
): Promise<Workbench> {
  const runId = ports.ids.runId();
  let seen: { readonly runId: string | undefined } | undefined;
  return submitRequest(ports, policy, key, (current) => {
    seen ??= { runId: runOf(current)?.runId };
    return { type: 'restart', seenRunId: seen.runId, runId, by };
  });
}

/**
 * Renames at any time, resizes while stopped; all of it or nothing.
 * @throws WorkbenchError `workbench_not_found`, `not_stopped`, `deleting`, `cannot_fit`, `unavailable`
 */
export async function updateWorkbench(
  ports: RecordPorts & QueuePorts & { readonly catalog: SizeCatalog },
  policy: Policy,
  key: WorkbenchKey,
  changes: Changes,
  by: string,
): Promise<Workbench> {
  const current = await ports.workbenches.read(key);
  if (current === undefined) throw workbenchNotFound();
  const { name: _name, ...sizes } = changes;
  if (current.status === 'stopped' && Object.keys(sizes).length > 0) {
    await assertFits({ ...current.spec, ...sizes }, ports.catalog);
  }
  const changed = await updateRecord(ports, policy, key, () => ({ type: 'update', changes, by }), current);
  if (changed === undefined) throw workbenchNotFound();
  if (changed !== current) await scheduleDrive(ports, changed);
  return changed;
}

/**
 * Wants it gone with all its data: its run first, then its machine, its volume, and its record last. Cannot be
 * taken back; asked again it changes nothing.
 * @throws WorkbenchError `workbench_not_found`, `unavailable`
 */
export async function deleteWorkbench(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
): Promise<Workbench> {
  return submitRequest(ports, policy, key, () => ({ type: 'delete', by }));
}
