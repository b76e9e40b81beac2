import { PortError } from '../ports/port-error.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { readIfReadable } from '../workbench/active-records.ts';
import type { Workbench } from '../workbench/workbench.ts';

/** A workbench to which the gate forwards. */
export interface RunningWorkbench {
  readonly workbenchId: string;
  /** The endpoint of the run. */
  readonly endpoint: string;
}

/** Records that are read at once. */
const READS_AT_ONCE = 25;
/** The pages of an index that changes while it is read may have no end. A page has at most 100 keys. */
const PAGES_MAX = 200;

/**
 * Returns all running workbenches. Hint: the index that names them may miss one or name one twice. A record that is
 * unreadable is left out, because the gate does not forward to it either.
 * @throws PortError if the list cannot be read as a whole: a part of it would look like workbenches that have stopped
 */
export async function listRunning(
  workbenches: Pick<WorkbenchStore, 'listActive' | 'read'>,
): Promise<readonly RunningWorkbench[]> {
  const running = new Map<string, RunningWorkbench>();
  let cursor: string | undefined;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { keys, cursor: next } = await workbenches.listActive(cursor);
    for (let from = 0; from < keys.length; from += READS_AT_ONCE) {
      const records = await Promise.all(
        keys.slice(from, from + READS_AT_ONCE).map((key) => readIfReadable(workbenches, key)),
      );
      for (const record of records) {
        const found = record === undefined ? undefined : toRunning(record);
        if (found !== undefined) running.set(found.workbenchId, found);
      }
    }
    if (next === undefined) return [...running.values()];
    cursor = next;
  }
  throw new PortError('unavailable', `the list of active workbenches has more than ${PAGES_MAX} pages`);
}

function toRunning(record: Workbench): RunningWorkbench | undefined {
  if (record.status !== 'running' || record.run.endpoint === undefined) return undefined;
  return { workbenchId: record.workbenchId, endpoint: record.run.endpoint };
}
