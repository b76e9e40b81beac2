import { workbenchNotFound } from '../errors.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/**
 * The record, by one consistent read and nothing else: this is what frontends poll.
 * @throws WorkbenchError `workbench_not_found`
 */
export async function getWorkbench(
  ports: { readonly workbenches: Pick<WorkbenchStore, 'read'> },
  key: WorkbenchKey,
): Promise<Workbench> {
  const workbench = await ports.workbenches.read(key);
  if (workbench === undefined) throw workbenchNotFound();
  return workbench;
}
