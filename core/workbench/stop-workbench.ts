import { WorkbenchError } from '../errors.ts';
import { submitRequest, type ChangePorts, type WakePorts } from './update-record.ts';
import type { Policy } from './lifecycle/policy.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

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
  ports: ChangePorts & WakePorts,
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
