import { PortError } from '../ports/port-error.ts';
import type { VolumeObservation, VolumeStore } from '../ports/volume-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { enqueue } from '../workbench/enqueue.ts';
import { findIndexedRecord } from '../workbench/find-record.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { lacksRetention } from '../workbench/lifecycle/retention.ts';
import type { QueuePorts, RecordPorts } from '../workbench/update-record.ts';
import { keyOf, type Workbench } from '../workbench/workbench.ts';
import { type MeasuringCandidate, measureFiles, needsMeasuring, toCandidate } from './measure-files.ts';
import { DELETION_MAX, deleteOrphans, type Orphan } from './orphans.ts';
import type { ReconcileReport } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

interface Ports extends SweepPorts, RecordPorts, QueuePorts {
  readonly volumes: Pick<
    VolumeStore,
    'list' | 'deleteIfEmpty' | 'quarantine' | 'deleteSlice' | 'measureSlice'
  >;
}

export interface VolumeSweepSettings {
  /** Grace period of a volume. Milliseconds. @default 24 hours */
  readonly graceMs: number;
  /** The sweep checks only the volumes of this shard; each shard has one sweep a day. */
  readonly shard: number;
  readonly shards: number;
  readonly policy: Policy;
  /** The price of a GiB of files, USD a month. @default 0: files are not measured */
  readonly gibMonthPrice?: number;
}

/** A day has many sweeps, one for each shard. With DELETION_MAX for each of them, a day could delete all volumes of a small table. */
const DELETION_MAX_PER_SHARD = 1;

/** The function's timeout is 15 minutes. The next sweep checks another shard, so it cannot continue this one. */
const PAGING = { withinMs: 8 * 60_000, resumable: false };
const DELETION_TIME_LIMIT_MS = 12 * 60_000;
/** A volume takes up to three minutes. */
const MEASURING_TIME_LIMIT_MS = 11 * 60_000;

/**
 * Compares every volume of a shard with the records. An orphan is deleted only if it is empty, or if the history contains
 * a delete request for its workbench. Otherwise it is quarantined until an operator decides. A missing record alone never
 * causes the deletion of files. Each record is read here once a day, so that the sweep also drives those that have stopped before
 * the retention was set: nothing else would drive them. Then it measures files, if they have a price.
 */
export async function sweepVolumes(ports: Ports, settings: VolumeSweepSettings): Promise<ReconcileReport> {
  return runSweep(ports, 'volumes', async (draft) => {
    const orphans: Orphan[] = [];
    const list = (cursor?: string) => ports.volumes.list(cursor);
    const { graceMs, shard, shards, policy, gibMonthPrice = 0 } = settings;
    const unmeasured: MeasuringCandidate[] = [];
    const endsAt = draft.startedAt + DELETION_TIME_LIMIT_MS;
    await forEachPage(ports, 'volumes', PAGING, draft, list, async ({ volumes }) => {
      for (const volume of volumes) {
        if (shardOf(volume.workbenchId, shards) !== shard) continue;
        draft.checked += 1;
        const record = await readRecordOf(ports, volume.workbenchId);
        if (record === undefined) orphans.push(toOrphan(ports, volume, endsAt));
        else if (record !== 'unreadable') {
          if (lacksRetention(record, policy)) await enqueue(ports, keyOf(record), 0);
          if (gibMonthPrice > 0 && needsMeasuring(record, draft.startedAt))
            unmeasured.push(toCandidate(record));
        }
      }
    });
    const deletionMax = shards > 1 ? DELETION_MAX_PER_SHARD : DELETION_MAX;
    await deleteOrphans(
      ports,
      { graceMs, deletionMax, deletionTimeLimitMs: DELETION_TIME_LIMIT_MS },
      orphans,
      draft,
    );
    if (draft.incomplete) return;
    await measureFiles(
      ports,
      policy,
      unmeasured,
      gibMonthPrice,
      draft.startedAt + MEASURING_TIME_LIMIT_MS,
      draft,
    );
  });
}

/**
 * Whether the workbench has a record. The index entry is only a hint, so the record is read, under the key of its last
 * owner if that has just changed. An unreadable record counts: its files must be kept.
 * @throws PortError if the table is unavailable
 */
export async function hasRecord(ports: RecordReader, workbenchId: string): Promise<boolean> {
  return (await readRecordOf(ports, workbenchId)) !== undefined;
}

interface RecordReader {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'findMoved' | 'read'>;
}

async function readRecordOf(
  ports: RecordReader,
  workbenchId: string,
): Promise<Workbench | 'unreadable' | undefined> {
  try {
    return await findIndexedRecord(ports.workbenches, workbenchId);
  } catch (error) {
    if (error instanceof PortError) throw error;
    return 'unreadable';
  }
}

/** @param endsAt milliseconds since 1970; no further slice is deleted after this time */
function toOrphan(ports: Ports, { workbenchId, createdAt }: VolumeObservation, endsAt: number): Orphan {
  return {
    id: workbenchId,
    createdAt,
    why: 'Its workbench does not exist.',
    kind: 'orphan_volume',
    recheck: async () => ((await hasRecord(ports, workbenchId)) ? 'referenced' : 'orphaned'),
    delete: async () => {
      if ((await ports.volumes.deleteIfEmpty(workbenchId)) === 'deleted') return { what: 'deleted' };
      const history = await ports.history.list(workbenchId);
      if (!history.some(({ type }) => type === 'delete_requested')) {
        await ports.volumes.quarantine(workbenchId);
        return { what: 'quarantined' };
      }
      let done = false;
      // Bounded; the next sweep deletes the rest.
      for (let slice = 0; slice < 100 && !done && ports.clock.now() < endsAt; slice += 1)
        ({ done } = await ports.volumes.deleteSlice(workbenchId));
      if (!done) throw new Error(`the volume of workbench ${workbenchId} is not fully deleted yet`);
      return { what: 'deleted' };
    },
  };
}

/** Maps a workbench id to a shard by its last four characters, which are random and so evenly distributed. */
export function shardOf(workbenchId: string, shards: number): number {
  let sum = 0;
  for (const character of workbenchId.slice(-4)) sum = sum * 31 + character.charCodeAt(0);
  return sum % shards;
}
