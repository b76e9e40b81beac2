import { systemClock } from '#adapters/system-clock.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { openEc2ForSweep } from '../wiring/ec2.ts';
import { openTable, reportStore, workbenchStore } from '../wiring/table.ts';
import { clusterCleanup, openClusterForSweep } from '../wiring/tasks.ts';
import { hourlyShard } from './hourly-shard.ts';

/**
 * Every hour, for one of 24 shards: removes task definitions and container instances that are no longer used, so that
 * every workbench is checked once a day. Local mode has neither, and does not run this sweep.
 */
export function build(
  ports: Parameters<typeof sweepCluster>[0],
  settings: SettingsFor<'WB_ORPHAN_GRACE_SECONDS'>,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_ORPHAN_GRACE_SECONDS * 1000;
  return () => sweepCluster(ports, { graceMs, ...hourlyShard(ports.clock.now()) });
}

export const handler = createHandler('sweep-cluster', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const ports = {
    workbenches: workbenchStore(table),
    reports: reportStore(table),
    cleanup: clusterCleanup(openClusterForSweep(settings), settings, openEc2ForSweep(settings).instances),
    clock: systemClock,
    telemetry,
  };
  return build(ports, settings);
});
