import type { Ids } from '../ports/ids.ts';
import { submitRequest, type ChangePorts, type WakePorts } from './update-record.ts';
import type { Policy } from './lifecycle/policy.ts';
import { runOf, type Workbench, type WorkbenchKey } from './workbench.ts';

/**
 * Stops the run that is there now and starts another; of a stopped one it is a start. Asked twice at once it
 * restarts once: the run meant is the one first read, also when the write has to be tried again.
 * @throws WorkbenchError `workbench_not_found`, `deleting`, `unavailable`
 */
export async function restartWorkbench(
  ports: ChangePorts & WakePorts & { readonly ids: Ids },
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
