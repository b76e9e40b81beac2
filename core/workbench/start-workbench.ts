import type { Ids } from '../ports/ids.ts';
import { submitRequest, type ChangePorts, type WakePorts } from './update-record.ts';
import type { Policy } from './lifecycle/policy.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/**
 * Wants it running. Nothing changes when it already is, or is on its way; while it stops, the start begins
 * when the stop is done.
 * @throws WorkbenchError `workbench_not_found`, `deleting`, `unavailable`
 */
export async function startWorkbench(
  ports: ChangePorts & WakePorts & { readonly ids: Ids },
  policy: Policy,
  key: WorkbenchKey,
  by: string,
): Promise<Workbench> {
  const runId = ports.ids.runId();
  return submitRequest(ports, policy, key, () => ({ type: 'start', runId, by }));
}
