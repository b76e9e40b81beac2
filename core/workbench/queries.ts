import { workbenchNotFound } from '../errors.ts';
import {
  HISTORY_ENTRIES_MAX,
  type HistoryStore,
  type WorkbenchPage,
  type WorkbenchStore,
} from '../ports/workbench-store.ts';
import type { HistoryEntry } from './history.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/**
 * Returns the record by one strongly consistent read. Frontends poll it.
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

/** Returns a page of a user's workbenches, newest first, by one query. `limit`: 1-100. */
export async function listWorkbenches(
  ports: { readonly workbenches: Pick<WorkbenchStore, 'listByUser'> },
  userId: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<WorkbenchPage> {
  return ports.workbenches.listByUser(userId, page);
}

/**
 * Returns the history, newest first, at most HISTORY_ENTRIES_MAX entries. Includes the entries that are still in the
 * record's outbox, so that a request is visible at once.
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
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, HISTORY_ENTRIES_MAX);
}
