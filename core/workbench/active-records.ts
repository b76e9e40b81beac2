import { UnreadableRecord, type WorkbenchStore } from '../ports/workbench-store.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/** The maximum number of records that are read. */
export const ACTIVE_RECORDS_MAX = 5000;

/** Records that are read at once. */
const READS_AT_ONCE = 25;

/**
 * Reads the active records: those with a run, a host or unexpected tasks, or in transition. At most ACTIVE_RECORDS_MAX.
 * Hint: the index that names them may miss one. Leaves out records that are unreadable.
 * @returns complete: whether these are all
 * @throws PortError
 */
export async function readActiveRecords(
  workbenches: Pick<WorkbenchStore, 'listActive' | 'read'>,
): Promise<{ readonly records: readonly Workbench[]; readonly complete: boolean }> {
  const records = new Map<string, Workbench>();
  let cursor: string | undefined;
  let listed = 0;
  do {
    const page = await workbenches.listActive(cursor);
    for (let from = 0; from < page.keys.length; from += READS_AT_ONCE) {
      const keys = page.keys.slice(from, from + READS_AT_ONCE);
      for (const record of await Promise.all(keys.map((key) => readIfReadable(workbenches, key))))
        if (record !== undefined) records.set(record.workbenchId, record);
    }
    listed += page.keys.length;
    cursor = page.cursor;
  } while (cursor !== undefined && listed < ACTIVE_RECORDS_MAX);
  return { records: [...records.values()], complete: cursor === undefined };
}

/** Returns the record; undefined if there is none or it is unreadable. */
export async function readIfReadable(
  workbenches: Pick<WorkbenchStore, 'read'>,
  key: WorkbenchKey,
): Promise<Workbench | undefined> {
  try {
    return await workbenches.read(key);
  } catch (error) {
    if (error instanceof UnreadableRecord) return undefined;
    throw error;
  }
}
