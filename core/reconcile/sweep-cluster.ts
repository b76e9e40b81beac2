import type { ClusterCleanup } from '../ports/cluster-cleanup.ts';
import { createdAtOf } from '../ports/ids.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { forEachPage, isThrottled, runSweep, type SweepPorts } from './sweep.ts';
import { hasRecord, shardOf } from './sweep-volumes.ts';

interface Ports extends SweepPorts {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly cleanup: ClusterCleanup;
}

export interface ClusterSweepSettings {
  /** What is younger is left alone: the index may not know its workbench yet. Milliseconds. */
  readonly graceMs: number;
  /** Only the task definitions of this shard are looked at: one a day each. */
  readonly shard: number;
  readonly shards: number;
}

/** Deregistrations in one pass: 10 minutes of them, at the pace at which they give way to registrations. */
export const DEREGISTER_MAX = 300;

/** The function has a quarter of an hour. The next pass has another shard, so that there is no going on. */
const PAGING = { withinMs: 12 * 60_000, resumable: false };

/**
 * Clears away task definitions that no start can need any more, a few at a time and giving way at the first
 * throttle, and machines that are terminated and still on the cluster. Nothing that is lost by it: a start
 * registers anew what it does not find, so that there may be as many as there are.
 */
export async function sweepCluster(ports: Ports, settings: ClusterSweepSettings): Promise<ReconcileReport> {
  return runSweep(ports, 'cluster', async (draft) => {
    const machines = await ports.cleanup.deregisterTerminatedInstances();
    for (let n = 0; n < machines; n += 1)
      draft.add('container instance', 'deleted', 'Its machine is terminated.', 'container_instance');
    await pruneShard(ports, settings, draft);
  });
}

async function pruneShard(ports: Ports, settings: ClusterSweepSettings, draft: ReportDraft): Promise<void> {
  let left = DEREGISTER_MAX;
  // Nothing more is listed when the pass has done its share.
  const list = async (cursor?: string): ReturnType<ClusterCleanup['listWorkbenchesWithDefinitions']> =>
    left > 0 ? ports.cleanup.listWorkbenchesWithDefinitions(cursor) : { workbenchIds: [] };
  await forEachPage(ports, 'cluster', PAGING, draft, list, async ({ workbenchIds }) => {
    for (const workbenchId of workbenchIds) {
      if (shardOf(workbenchId, settings.shards) !== settings.shard) continue;
      const age = ports.clock.now() - (createdAtOf(workbenchId) ?? 0);
      if (age < settings.graceMs) continue;
      if (left <= 0) {
        draft.add(workbenchId, 'deferred', `${DEREGISTER_MAX} are enough for one pass.`);
        return;
      }
      draft.checked += 1;
      const keep = (await hasRecord(ports, workbenchId)) ? 'newest' : 'none';
      left -= await prune(ports, workbenchId, keep, left, draft);
    }
  });
}

/**
 * How many were deregistered.
 * @throws PortError `throttled`: the calls that are left are for users
 */
async function prune(
  { cleanup, telemetry }: Ports,
  workbenchId: string,
  keep: 'newest' | 'none',
  limit: number,
  draft: ReportDraft,
): Promise<number> {
  try {
    const { deleted } = await cleanup.pruneTaskDefinitions(workbenchId, keep, limit);
    if (deleted > 0) {
      const why = keep === 'none' ? 'Task definitions of no workbench.' : 'Old task definitions.';
      draft.add(workbenchId, 'deleted', why, 'task_definition');
    }
    return deleted;
  } catch (error) {
    if (isThrottled(error)) throw error;
    draft.add(workbenchId, 'failed', 'Its task definitions could not be deregistered.');
    telemetry.error('could not deregister task definitions', { workbenchId }, error);
    return 0;
  }
}
