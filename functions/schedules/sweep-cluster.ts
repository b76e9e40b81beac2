import { systemClock } from '#adapters/system-clock.ts';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { openEc2ForSweep } from '../wiring/ec2.ts';
import { drainStore, openTable, reportStore, workbenchStore } from '../wiring/table.ts';
import { clusterCleanup, machineInventory, openClusterForSweep } from '../wiring/tasks.ts';
import { dailyShard } from './daily-shard.ts';

const { everyMinutes } = DEPLOYED['sweep-cluster'].startedBy;

/**
 * Every ten minutes: removes container instances that are no longer used, and, for one of 144 shards, task definitions that
 * are no longer used, so that every workbench is checked once a day. After a change of the settings it also registers the
 * new task definitions. Local mode has neither, and does not run this sweep.
 */
export function build(
  ports: Parameters<typeof sweepCluster>[0],
  settings: SettingsFor<'WB_ORPHAN_GRACE_SECONDS'>,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_ORPHAN_GRACE_SECONDS * 1000;
  return () => sweepCluster(ports, { graceMs, ...dailyShard(ports.clock.now(), everyMinutes) });
}

export const handler = createHandler('sweep-cluster', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const cluster = openClusterForSweep(settings);
  const ports = {
    workbenches: workbenchStore(table),
    reports: reportStore(table),
    cleanup: clusterCleanup(cluster, settings, openEc2ForSweep(settings).instances),
    machines: machineInventory(settings, cluster.client),
    drains: drainStore(table),
    clock: systemClock,
    telemetry,
  };
  return build(ports, settings);
});
