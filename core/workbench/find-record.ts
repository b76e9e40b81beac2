import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

type Store = Pick<WorkbenchStore, 'read' | 'findMoved'>;

/** How often the owner may change while this function reads. */
const MOVES_MAX = 3;

/**
 * Reads the record with this key, or the record of this workbench under its next owner. The tags of tasks and hosts, and
 * messages in flight, name the owner of the time when they were made. See docs/lifecycle.md#another-owner.
 */
export async function findRecord(workbenches: Store, key: WorkbenchKey): Promise<Workbench | undefined> {
  let next: WorkbenchKey | undefined = key;
  for (let reads = 0; next !== undefined && reads <= MOVES_MAX; reads += 1) {
    const workbench = await workbenches.read(next);
    if (workbench !== undefined) return workbench;
    const moved: WorkbenchKey | undefined = await workbenches.findMoved(key.workbenchId);
    next = moved?.userId === next.userId ? undefined : moved;
  }
  return undefined;
}

/** Reads the record of the workbench that the key of an index names, which may be stale; undefined: the index has none. */
export async function findIndexedRecord(
  workbenches: Store & Pick<WorkbenchStore, 'findByWorkbenchId'>,
  workbenchId: string,
): Promise<Workbench | undefined> {
  const key =
    (await workbenches.findByWorkbenchId(workbenchId)) ?? (await workbenches.findMoved(workbenchId));
  return key === undefined ? undefined : findRecord(workbenches, key);
}
