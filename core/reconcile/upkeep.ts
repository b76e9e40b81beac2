import type { ClusterUpkeep } from '../ports/cluster-upkeep.ts';
import { PortError } from '../ports/port-error.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { createdAtOf } from '../workbench/workbench-id.ts';
import { pagesOf } from './pages.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { reported, type SweepPorts } from './sweep.ts';
import { isWanted, shardOf } from './volumes.ts';

interface Ports extends SweepPorts {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly upkeep: ClusterUpkeep;
}

export interface UpkeepSettings {
  /** What is younger is left alone: the index may not know its workbench yet. Milliseconds. */
  readonly graceMs: number;
  /** Only the task definitions of this shard are looked at: one a day each. */
  readonly shard: number;
  readonly shards: number;
}

/** Deregistrations in one pass: they share one a second with the registrations that starts wait for. */
const DEREGISTER_MAX = 100;

/**
 * Clears away task definitions that no start can need any more, a few at a time and giving way at the first
 * throttle, and machines that are terminated and still on the cluster.
 */
export async function sweepCluster(ports: Ports, settings: UpkeepSettings): Promise<ReconcileReport> {
  return reported(ports, 'cluster', async (draft) => {
    const machines = await ports.upkeep.deregisterTerminated();
    for (let n = 0; n < machines; n += 1)
      draft.note('container instance', 'removed', 'Its machine is terminated.');
    await pruneShard(ports, settings, draft);
  });
}

async function pruneShard(ports: Ports, settings: UpkeepSettings, draft: ReportDraft): Promise<void> {
  let left = DEREGISTER_MAX;
  for await (const page of pagesOf((cursor) => ports.upkeep.listDefined(cursor))) {
    for (const workbenchId of page.workbenchIds) {
      if (shardOf(workbenchId, settings.shards) !== settings.shard) continue;
      draft.lookedAt += 1;
      const age = ports.clock.now() - (createdAtOf(workbenchId) ?? 0);
      if (age < settings.graceMs) continue;
      const keep = (await isWanted(ports, workbenchId)) ? 'newest' : 'none';
      const removed = await prune(ports, workbenchId, keep, left, draft);
      if (removed === undefined) return;
      left -= removed;
      if (left <= 0) return;
    }
  }
}

/** How many were deregistered; undefined when the pass should end here and leave the calls to users. */
async function prune(
  { upkeep, telemetry }: Ports,
  workbenchId: string,
  keep: 'newest' | 'none',
  limit: number,
  draft: ReportDraft,
): Promise<number | undefined> {
  try {
    const { removed } = await upkeep.pruneDefinitions(workbenchId, keep, limit);
    if (removed > 0) {
      draft.note(
        workbenchId,
        'removed',
        keep === 'none' ? 'Task definitions of no workbench.' : 'Old task definitions.',
      );
    }
    return removed;
  } catch (error) {
    if (error instanceof PortError && error.kind === 'throttled') return undefined;
    draft.note(workbenchId, 'failed', 'Its task definitions could not be deregistered.');
    telemetry.error('task definitions could not be deregistered', { workbenchId }, error);
    return 0;
  }
}
