import { submitRequest, type ChangePorts, type WakePorts } from './update-record.ts';
import type { Policy } from './lifecycle/policy.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/**
 * Wants it gone with all its data: its run first, then its machine, its volume, and its record last. Cannot be
 * taken back; asked again it changes nothing.
 * @throws WorkbenchError `workbench_not_found`, `unavailable`
 */
export async function destroyWorkbench(
  ports: ChangePorts & WakePorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
): Promise<Workbench> {
  return submitRequest(ports, policy, key, () => ({ type: 'delete', by }));
}
