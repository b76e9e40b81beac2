import { WorkbenchError } from '../errors.ts';
import { PortError } from '../ports/port-error.ts';
import { UnreadableRecord, type WorkbenchStore } from '../ports/workbench-store.ts';
import { findRecord } from '../workbench/find-record.ts';
import type { Observation } from '../workbench/lifecycle/inputs.ts';
import { isDrained } from '../workbench/lifecycle/interruption.ts';
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

type ReadPorts = Pick<SweepPorts, 'telemetry'> & {
  readonly workbenches: Pick<WorkbenchStore, 'read' | 'findMoved'>;
};

export interface RepairResult {
  /** The stored record; undefined if it has been deleted. */
  readonly workbench: Workbench | undefined;
  /** The repaired difference; absent if there was none, or if the workbench is in a transition that handles it. */
  readonly repair?: RepairKind;
}

/**
 * Applies an observation of a sweep: the life cycle changes the record and adds a repair to the history; then the
 * workbench is enqueued for its pending effects.
 * @throws WorkbenchError `unavailable` after too many revision conflicts
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
 * Repairs a record. A failure of this one record is added to the report under `id`, so that the sweep continues.
 * @returns undefined if the repair failed and was reported
 * @throws PortError if the table is unavailable, so that no record can be repaired
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
      // The sweep could read it before, so another writer has changed it since.
      reportUnreadable(ports, keyOf(record), draft, id, error);
    } else if (error instanceof WorkbenchError) {
      draft.add(id, 'failed', 'The record could not be written because of revision conflicts.');
    } else {
      draft.add(id, 'failed', 'The observation could not be applied to its record.');
      const { workbenchId } = record;
      ports.telemetry.error('could not apply an observation', { workbenchId, id }, error);
    }
    return undefined;
  }
}

/**
 * Returns the kind of the repair. A change without a history entry is no repair, nor is a change of a workbench in
 * transition, which its drive would have made anyway.
 */
function classifyRepair(before: Workbench, after: Workbench): RepairKind | undefined {
  if (after.historySeq === before.historySeq) return undefined;
  if (after.unexpectedTasks.length > before.unexpectedTasks.length) return 'unexpected_task';
  if (before.status === 'running' && after.status !== 'running') return 'run_ended';
  if (isDrained(before) !== isDrained(after)) return 'drain';
  if (!isSettled(before)) return undefined;
  return before.host?.state === after.host?.state ? 'task_missing' : 'host_changed';
}

/**
 * Reads the record to which a resource refers, even if its owner has changed since. An unreadable record is added to the report under `id`, so that the sweep
 * continues.
 * @throws PortError if the table is unavailable, so that no record can be read
 */
export async function readRecord(
  ports: ReadPorts,
  key: WorkbenchKey,
  draft: ReportDraft,
  id: string,
): Promise<Workbench | undefined | 'unreadable'> {
  return reportIfUnreadable(ports, key, draft, id, findRecord(ports.workbenches, key));
}

/** How many records `readRecords` reads at the same time. */
export const READS_AT_ONCE = 16;

/**
 * Reads the records to which a page of items refers, some at the same time, and yields them in the order of the items, so
 * that findings have that order. Otherwise like `readRecord`: what comes before a failed read is yielded first.
 */
export async function* readRecords<T extends WorkbenchKey>(
  ports: ReadPorts,
  items: readonly T[],
  draft: ReportDraft,
  idOf: (item: T) => string,
): AsyncGenerator<{ readonly item: T; readonly record: Workbench | undefined | 'unreadable' }, void> {
  for (let start = 0; start < items.length; start += READS_AT_ONCE) {
    const group = items.slice(start, start + READS_AT_ONCE).map((item) => ({
      item,
      read: findRecord(ports.workbenches, item),
    }));
    await Promise.allSettled(group.map(({ read }) => read));
    for (const { item, read } of group)
      yield { item, record: await reportIfUnreadable(ports, item, draft, idOf(item), read) };
  }
}

async function reportIfUnreadable(
  ports: ReadPorts,
  key: WorkbenchKey,
  draft: ReportDraft,
  id: string,
  read: Promise<Workbench | undefined>,
): Promise<Workbench | undefined | 'unreadable'> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof PortError) throw error;
    reportUnreadable(ports, key, draft, id, error);
    return 'unreadable';
  }
}

/** Also counts the record: nothing but a sweep reads a settled record. */
export function reportUnreadable(
  { telemetry }: Pick<SweepPorts, 'telemetry'>,
  { workbenchId }: WorkbenchKey,
  draft: ReportDraft,
  id: string,
  error: unknown,
): void {
  draft.add(id, 'record_unreadable', 'The record of its workbench is unreadable.');
  telemetry.error('record is unreadable; skipped', { workbenchId, id }, error);
  telemetry.count('unreadable_record', 1);
}
