import { workbenchNotFound } from '../errors.ts';
import { assertFits } from '../placement/choose-placement.ts';
import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import { type ChangePorts, updateRecord, type WakePorts, scheduleDrive } from './update-record.ts';
import type { Changes } from './lifecycle/inputs.ts';
import type { Policy } from './lifecycle/policy.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/**
 * Renames at any time, resizes while stopped; all of it or nothing.
 * @throws WorkbenchError `workbench_not_found`, `not_stopped`, `deleting`, `cannot_fit`, `unavailable`
 */
export async function updateWorkbench(
  ports: ChangePorts & WakePorts & { readonly catalog: SizeCatalog },
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
  const changed = await updateRecord(ports, policy, key, () => ({ type: 'change', changes, by }), current);
  if (changed === undefined) throw workbenchNotFound();
  if (changed !== current) await scheduleDrive(ports, changed);
  return changed;
}
