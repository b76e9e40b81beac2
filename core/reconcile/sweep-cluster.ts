import type { ClusterCleanup } from '../ports/cluster-cleanup.ts';
import type { DrainStore } from '../ports/drain-store.ts';
import { createdAtOf } from '../ports/ids.ts';
import type { MachineInventory } from '../ports/machine-inventory.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { registerAhead } from './register-ahead.ts';
import { repairDrains } from './repair-drains.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { reportInstances } from './report-instances.ts';
import { forEachPage, isThrottled, readLastReport, runSweep, type SweepPorts } from './sweep.ts';
import { hasRecord, shardOf } from './sweep-volumes.ts';

interface Ports extends SweepPorts {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'findByInstanceId' | 'findMoved' | 'read'>;
  readonly cleanup: ClusterCleanup;
  readonly machines: Pick<MachineInventory, 'list' | 'setDraining'>;
  readonly drains: DrainStore;
}

export interface ClusterSweepSettings {
  /** Grace period: the index may not contain a younger workbench yet. Milliseconds. */
  readonly graceMs: number;
  /** The sweep checks only the task definitions of this shard; each shard has one sweep a day. */
  readonly shard: number;
  readonly shards: number;
}

/**
 * Maximum deregistrations in one sweep, and so of one shard in a day; 7,200 a day in all shards. At one in two seconds they
 * take less than 2 minutes, which leaves most of a sweep to registrations.
 */
export const DEREGISTER_MAX = 50;

/** The function's timeout is 10 minutes. The next sweep checks another shard, so it cannot continue this one. */
const PAGING = { withinMs: 4 * 60_000, resumable: false };

/**
 * Deregisters task definitions that no start needs, and container instances of terminated EC2 instances. Limited per sweep,
 * and stops at the first throttle. No deletion limit applies, because nothing can be lost: a start registers a task
 * definition that it does not find. Reports instances that need an operator. Last, registers task definitions of new
 * settings: this takes most of the time, and nothing depends on it.
 */
export async function sweepCluster(ports: Ports, settings: ClusterSweepSettings): Promise<ReconcileReport> {
  return runSweep(ports, 'cluster', async (draft) => {
    const last = await readLastReport(ports, 'cluster');
    // A sweep that stops before the registrations passes the progress on.
    draft.definitions = last?.definitions;
    const deregistered = await ports.cleanup.deregisterTerminatedInstances();
    for (let n = 0; n < deregistered; n += 1)
      draft.add('container instance', 'deleted', 'Its EC2 instance is terminated.', 'container_instance');
    await repairDrains(ports, settings, draft);
    await pruneShard(ports, settings, draft);
    // After a throttle the next report is enough.
    if (draft.incomplete) return;
    await reportInstances(ports, draft);
    await registerAhead(ports, last?.definitions, draft);
  });
}

async function pruneShard(ports: Ports, settings: ClusterSweepSettings, draft: ReportDraft): Promise<void> {
  let left = DEREGISTER_MAX;
  // Lists no further page once the maximum is reached.
  const list = async (cursor?: string): ReturnType<ClusterCleanup['listWorkbenchesWithDefinitions']> =>
    left > 0 ? ports.cleanup.listWorkbenchesWithDefinitions(cursor) : { workbenchIds: [] };
  await forEachPage(ports, 'cluster', PAGING, draft, list, async ({ workbenchIds }) => {
    for (const workbenchId of workbenchIds) {
      if (shardOf(workbenchId, settings.shards) !== settings.shard) continue;
      const age = ports.clock.now() - (createdAtOf(workbenchId) ?? 0);
      if (age < settings.graceMs) continue;
      if (left <= 0) {
        draft.add(
          workbenchId,
          'deferred',
          `One sweep deregisters at most ${DEREGISTER_MAX} task definitions.`,
        );
        return;
      }
      draft.checked += 1;
      const keep = (await hasRecord(ports, workbenchId)) ? 'newest' : 'none';
      left -= await prune(ports, workbenchId, keep, left, draft);
    }
  });
}

/**
 * Returns the number of deregistered task definitions.
 * @throws PortError `throttled`
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
      const why =
        keep === 'none' ? 'Its workbench does not exist.' : 'Newer task definitions of its workbench exist.';
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
