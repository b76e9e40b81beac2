import { PortError } from '../ports/port-error.ts';
import type { VolumeObservation, VolumeStore } from '../ports/volume-store.ts';
import type { HistoryStore, WorkbenchStore } from '../ports/workbench-store.ts';
import { DELETION_MAX, deleteOrphans, type Orphan } from './orphans.ts';
import type { ReconcileReport } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

interface Ports extends SweepPorts {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly history: Pick<HistoryStore, 'list'>;
  readonly volumes: Pick<VolumeStore, 'list' | 'deleteIfEmpty' | 'quarantine' | 'deleteSlice'>;
}

export interface VolumeSweepSettings {
  /** What is younger is left alone. Milliseconds. @default 24 hours */
  readonly graceMs: number;
  /** Only the volumes of this shard are looked at: one a day each. */
  readonly shard: number;
  readonly shards: number;
}

/** A pass is one of many that make a day: by DELETION_MAX in each of them all volumes of a small table could go. */
const DELETION_MAX_PER_SHARD = 1;

/** The function has a quarter of an hour. The next pass has another shard, so that there is no going on. */
const PAGING = { withinMs: 8 * 60_000, resumable: false };
const DELETION_TIME_LIMIT_MS = 12 * 60_000;

/**
 * Every volume of a shard, held against the records. One that no record wants is deleted only when it is empty,
 * or when the history proves that its owner asked for its destruction; otherwise it is set aside for people to
 * look at. No file is ever deleted on the strength of a record that is missing.
 */
export async function sweepVolumes(ports: Ports, settings: VolumeSweepSettings): Promise<ReconcileReport> {
  return runSweep(ports, 'volumes', async (draft) => {
    const orphans: Orphan[] = [];
    const list = (cursor?: string) => ports.volumes.list(cursor);
    const { graceMs, shard, shards } = settings;
    const endsAt = draft.startedAt + DELETION_TIME_LIMIT_MS;
    await forEachPage(ports, 'volumes', PAGING, draft, list, async ({ volumes }) => {
      for (const volume of volumes) {
        if (shardOf(volume.workbenchId, shards) !== shard) continue;
        draft.checked += 1;
        if (!(await hasRecord(ports, volume.workbenchId))) orphans.push(toOrphan(ports, volume, endsAt));
      }
    });
    const deletionMax = shards > 1 ? DELETION_MAX_PER_SHARD : DELETION_MAX;
    await deleteOrphans(
      ports,
      { graceMs, deletionMax, deletionTimeLimitMs: DELETION_TIME_LIMIT_MS },
      orphans,
      draft,
    );
  });
}

/**
 * An index entry is a hint: the record decides, and one that cannot be read still wants its files.
 * @throws PortError when the table does not answer
 */
export async function hasRecord(
  ports: { readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'> },
  workbenchId: string,
): Promise<boolean> {
  const key = await ports.workbenches.findByWorkbenchId(workbenchId);
  if (key === undefined) return false;
  try {
    return (await ports.workbenches.read(key)) !== undefined;
  } catch (error) {
    if (error instanceof PortError) throw error;
    return true;
  }
}

/** @param endsAt milliseconds since 1970: no further slice is wiped after this */
function toOrphan(ports: Ports, { workbenchId, createdAt }: VolumeObservation, endsAt: number): Orphan {
  return {
    id: workbenchId,
    createdAt,
    why: 'No workbench has it.',
    kind: 'orphan_volume',
    recheck: async () => ((await hasRecord(ports, workbenchId)) ? 'referenced' : 'orphaned'),
    delete: async () => {
      if ((await ports.volumes.deleteIfEmpty(workbenchId)) === 'deleted') return { what: 'deleted' };
      const history = await ports.history.list(workbenchId);
      if (!history.some(({ type: event }) => event === 'delete_requested')) {
        await ports.volumes.quarantine(workbenchId);
        return { what: 'quarantined' };
      }
      let done = false;
      // Bounded: what is left goes with the next sweep.
      for (let slice = 0; slice < 100 && !done && ports.clock.now() < endsAt; slice += 1)
        ({ done } = await ports.volumes.deleteSlice(workbenchId));
      if (!done) throw new Error(`the volume ${workbenchId} is not gone yet`);
      return { what: 'deleted' };
    },
  };
}

/** The random end of an id spreads evenly. */
export function shardOf(workbenchId: string, shards: number): number {
  let sum = 0;
  for (const character of workbenchId.slice(-4)) sum = sum * 31 + character.charCodeAt(0);
  return sum % shards;
}
