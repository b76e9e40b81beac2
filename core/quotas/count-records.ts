import { UnreadableRecord, type WorkbenchStore } from '../ports/workbench-store.ts';
import type { Workbench } from '../workbench/workbench.ts';
import { type Ledger, type Recount, recount, withoutEntry } from './ledger.ts';

type RecordReader = Pick<WorkbenchStore, 'listByUser' | 'read'>;

/** Records of a user in one page. */
const PAGE = 100;

/**
 * Counts the records of a user again. The ledger must be written with the revision with which it was read, so that a change
 * since then is not lost: every request writes the ledger before its record.
 * @param ledger read before this call
 * @returns the ledger as it should be, and which entries were wrong
 */
export async function countRecords(
  workbenches: RecordReader,
  userId: string,
  ledger: Ledger,
  now: number,
): Promise<Pick<Recount, 'ledger' | 'changed'>> {
  const counted = recount(ledger, await listRecords(workbenches, userId), now);
  let { ledger: result } = counted;
  const changed = [...counted.changed];
  for (const workbenchId of counted.missing) {
    // A list leaves out records that cannot be parsed, which may still hold capacity.
    if (await hasRecord(workbenches, userId, workbenchId)) continue;
    result = withoutEntry(result, workbenchId);
    changed.push(workbenchId);
  }
  return { ledger: result, changed };
}

async function listRecords(workbenches: RecordReader, userId: string): Promise<readonly Workbench[]> {
  const records: Workbench[] = [];
  let after: string | undefined;
  do {
    const page = await workbenches.listByUser(userId, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    records.push(...page.workbenches);
    after = page.next;
  } while (after !== undefined);
  return records;
}

async function hasRecord(workbenches: RecordReader, userId: string, workbenchId: string): Promise<boolean> {
  try {
    return (await workbenches.read({ userId, workbenchId })) !== undefined;
  } catch (error) {
    if (error instanceof UnreadableRecord) return true;
    throw error;
  }
}
