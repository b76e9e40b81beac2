import { HISTORY_KEPT, type HistoryStore, type WorkbenchStore } from '../ports/workbench-store.ts';
import { getWorkbench } from './get-workbench.ts';
import type { HistoryEntry } from './history.ts';
import type { WorkbenchKey } from './workbench.ts';

/**
 * What happened to the workbench, newest first, at most HISTORY_KEPT entries: those written and those that
 * still wait in the record, so that what was just asked is seen at once.
 * @throws WorkbenchError `workbench_not_found`
 */
export async function listHistory(
  ports: {
    readonly workbenches: Pick<WorkbenchStore, 'read'>;
    readonly history: Pick<HistoryStore, 'list'>;
  },
  key: WorkbenchKey,
): Promise<readonly HistoryEntry[]> {
  const { outbox } = await getWorkbench(ports, key);
  const written = await ports.history.list(key.workbenchId);
  const bySeq = new Map([...written, ...outbox].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, HISTORY_KEPT);
}
