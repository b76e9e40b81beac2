import { WorkbenchError } from '../errors.ts';
import { PortError } from '../ports/port-error.ts';
import { UnreadableRecord, type WorkbenchStore } from '../ports/workbench-store.ts';
import type { Observation } from '../workbench/lifecycle/inputs.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import {
  type QueuePorts,
  type RecordPorts,
  scheduleDrive,
  updateRecord,
} from '../workbench/update-record.ts';
import { isSettled, keyOf, type Workbench, type WorkbenchKey } from '../workbench/workbench.ts';
import type { RepairKind, ReportDraft } from './report.ts';
import type { SweepPorts } from './sweep.ts';

export interface RepairResult {
  /** The record as it now stands; undefined when it has been deleted meanwhile. */
  readonly workbench: Workbench | undefined;
  /** What was put right; absent when the record was as what was seen, or is on its way and being looked at. */
  readonly repair?: RepairKind;
}

/**
 * Takes in what a pass saw: the life cycle decides what becomes of it, the history tells what it put right, and
 * whoever drives is enqueued for what is owed now.
 * @throws WorkbenchError `unavailable` when others keep changing the record
 */
async function repairRecord(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  record: Workbench,
  observation: Observation,
): Promise<RepairResult> {
  let before = record;
  const input = { type: 'swept', observation } as const;
  const after = await updateRecord(
    ports,
    policy,
    keyOf(record),
    (current) => {
      before = current;
      return input;
    },
    record,
  );
  if (after === undefined || after === before) return { workbench: after };
  await scheduleDrive(ports, after);
  const repair = classifyRepair(before, after);
  return { workbench: after, ...(repair === undefined ? {} : { repair }) };
}

/**
 * The same, and what goes wrong with this one record is noted under `id` and stands in nobody's way.
 * @returns undefined when that was noted
 * @throws PortError when the table does not answer: then nothing can be done for any record
 */
export async function repairOrReport(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  record: Workbench,
  observation: Observation,
  draft: ReportDraft,
  id: string,
): Promise<RepairResult | undefined> {
  try {
    return await repairRecord(ports, policy, record, observation);
  } catch (error) {
    if (error instanceof PortError) throw error;
    if (error instanceof UnreadableRecord) {
      // It was readable when the pass read it: it has been written by others since.
      reportUnreadable(ports, keyOf(record), draft, id, error);
    } else if (error instanceof WorkbenchError) {
      draft.add(id, 'failed', 'Others keep changing its record.');
    } else {
      draft.add(id, 'failed', 'What was seen of it could not be taken in.');
      const { workbenchId } = record;
      ports.telemetry.error('could not apply an observation', { workbenchId, id }, error);
    }
    return undefined;
  }
}

/** Tells the history of a workbench what was done for it beside its record. */
export async function appendToHistory(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  record: Workbench,
  entryType: 'orphan_host_terminated',
): Promise<void> {
  const saved = await updateRecord(
    ports,
    policy,
    keyOf(record),
    () => ({ type: 'history_noted', entryType }),
    record,
  );
  if (saved !== undefined) await scheduleDrive(ports, saved);
}

/** Only what the history tells of, and of what is on its way only what that way does not lead to. */
function classifyRepair(before: Workbench, after: Workbench): RepairKind | undefined {
  if (after.historySeq === before.historySeq) return undefined;
  if (after.unexpectedTasks.length > before.unexpectedTasks.length) return 'unexpected_task';
  if (before.status === 'running' && after.status !== 'running') return 'run_ended';
  if (!isSettled(before)) return undefined;
  return before.host?.state === after.host?.state ? 'task_missing' : 'host_changed';
}

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
    reportUnreadable(ports, key, draft, id, error);
    return 'unreadable';
  }
}

/** Counted here too: of a record that is settled nobody else would ever find out. */
export function reportUnreadable(
  { telemetry }: Pick<SweepPorts, 'telemetry'>,
  { workbenchId }: WorkbenchKey,
  draft: ReportDraft,
  id: string,
  error: unknown,
): void {
  draft.add(id, 'record_unreadable', 'The record of its workbench cannot be read.');
  telemetry.error('record unreadable', { workbenchId, id }, error);
  telemetry.count('unreadable_record', 1);
}
