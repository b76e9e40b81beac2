import { WorkbenchError } from '../errors.ts';
import { DAY_MS } from '../ports/audit-store.ts';
import { PortError } from '../ports/port-error.ts';
import type { VolumeStore } from '../ports/volume-store.ts';
import { UnreadableRecord } from '../ports/workbench-store.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import {
  type QueuePorts,
  type RecordPorts,
  scheduleDrive,
  updateRecord,
} from '../workbench/update-record.ts';
import { isSettled, keyOf, type Workbench, type WorkbenchKey } from '../workbench/workbench.ts';
import { reportUnreadable } from './repair.ts';
import type { ReportDraft } from './report.ts';
import { isThrottled } from './sweep.ts';

/**
 * Measures the files of workbenches, for their costs. Reading the metadata of files costs money and time, so a volume is
 * measured once a day at most, and only if it may have changed: docs/decisions/0052-the-sweep-measures-files.md.
 */

export type MeasuringPorts = RecordPorts &
  QueuePorts & { readonly volumes: Pick<VolumeStore, 'measureSlice'> };

/** The longest time for one volume, milliseconds: several million files. */
const VOLUME_TIME_LIMIT_MS = 3 * 60_000;
/** A workbench that runs on and on is not measured each day. */
const RUNNING_INTERVAL_MS = 7 * DAY_MS;
/** The sweep of a shard does not come at the same second each day. */
const EARLY_MS = 60 * 60_000;

/** Whether the files may have another size than the record says. */
export function needsMeasuring({ status, files, updatedAt }: Workbench, now: number): boolean {
  if (status !== 'stopped' && status !== 'running') return false;
  if (files === undefined) return true;
  if (status === 'running') return now - files.at >= RUNNING_INTERVAL_MS - EARLY_MS;
  return updatedAt !== files.at && now - files.at >= DAY_MS - EARLY_MS;
}

/** A workbench whose files are to be measured. */
export interface MeasuringCandidate {
  readonly key: WorkbenchKey;
  /** Milliseconds since 1970; 0 if they were never measured. */
  readonly measuredAt: number;
}

export function toCandidate(workbench: Workbench): MeasuringCandidate {
  return { key: keyOf(workbench), measuredAt: workbench.files?.at ?? 0 };
}

/**
 * Measures the files of the candidates, those first that were measured longest ago, until the time is over. The next sweep of
 * the shard measures the rest. A failure for one workbench is added to the report
 * and raises no alarm, because only a figure is missing.
 * @param gibMonthPrice USD a month
 * @param endsAt milliseconds since 1970; no volume is begun after this time
 * @throws PortError `throttled`, so that the sweep stops; others if the table is unavailable
 */
export async function measureFiles(
  ports: MeasuringPorts,
  policy: Policy,
  candidates: readonly MeasuringCandidate[],
  gibMonthPrice: number,
  endsAt: number,
  draft: ReportDraft,
): Promise<void> {
  const oldestFirst = [...candidates].sort((one, other) => one.measuredAt - other.measuredAt);
  for (const [index, { key }] of oldestFirst.entries()) {
    if (ports.clock.now() >= endsAt) {
      const left = oldestFirst.length - index;
      draft.add('volumes', 'deferred', `The files of ${left} workbenches are measured by the next sweep.`);
      return;
    }
    const bytes = await measureOrReport(ports, key.workbenchId, draft);
    if (bytes !== undefined) await storeOrReport(ports, policy, key, { bytes, gibMonthPrice }, draft);
  }
}

/** Returns the size of a volume in bytes; undefined if it is too large to be measured in time, or cannot be read. */
async function measureOrReport(
  { volumes, clock }: MeasuringPorts,
  workbenchId: string,
  draft: ReportDraft,
): Promise<number | undefined> {
  const startedAt = clock.now();
  let bytes = 0;
  let cursor: string | undefined;
  try {
    do {
      if (clock.now() - startedAt >= VOLUME_TIME_LIMIT_MS) {
        draft.add(workbenchId, 'inconclusive', 'It has too many files to measure them in three minutes.');
        return undefined;
      }
      const slice = await volumes.measureSlice(workbenchId, cursor);
      bytes += slice.bytes;
      cursor = slice.cursor;
    } while (cursor !== undefined);
    return bytes;
  } catch (error) {
    if (isThrottled(error) || !(error instanceof PortError)) throw error;
    draft.add(workbenchId, 'inconclusive', 'The size of its files could not be read.');
    return undefined;
  }
}

async function storeOrReport(
  ports: MeasuringPorts,
  policy: Policy,
  key: WorkbenchKey,
  measured: { readonly bytes: number; readonly gibMonthPrice: number },
  draft: ReportDraft,
): Promise<void> {
  try {
    const stored = await updateRecord(ports, policy, key, () => ({ type: 'files_measured', ...measured }));
    // A settled record has no due time that this write has set.
    if (stored !== undefined && !isSettled(stored)) await scheduleDrive(ports, stored);
  } catch (error) {
    const { workbenchId } = key;
    if (error instanceof UnreadableRecord) reportUnreadable(ports, key, draft, workbenchId, error);
    else if (error instanceof WorkbenchError)
      draft.add(workbenchId, 'inconclusive', 'The size of its files could not be written.');
    else throw error;
  }
}
