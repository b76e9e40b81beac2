import { PortError } from '../ports/port-error.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { Workbench, WorkbenchKey } from '../workbench/workbench.ts';
import type { ReportDraft } from './report.ts';
import type { SweepPorts } from './sweep.ts';

/**
 * Reads the record that something names. One that cannot be read is noted under `id` and stands in nobody's way.
 * @throws PortError when the table does not answer: then nothing is known of any record
 */
export async function readRecord(
  ports: Pick<SweepPorts, 'telemetry'> & { readonly workbenches: Pick<WorkbenchStore, 'read'> },
  key: WorkbenchKey,
  draft: ReportDraft,
  id: string,
): Promise<Workbench | undefined | 'unreadable'> {
  try {
    return await ports.workbenches.read(key);
  } catch (error) {
    if (error instanceof PortError) throw error;
    noteUnreadable(ports, key, draft, id, error);
    return 'unreadable';
  }
}

/** Counted here too: of a record that is settled nobody else would ever find out. */
export function noteUnreadable(
  { telemetry }: Pick<SweepPorts, 'telemetry'>,
  { workbenchId }: WorkbenchKey,
  draft: ReportDraft,
  id: string,
  error: unknown,
): void {
  draft.add(id, 'waits_unreadable', 'The record of its workbench cannot be read.');
  telemetry.error('a record cannot be read', { workbenchId, id }, error);
  telemetry.count('unreadable_record', 1);
}
