import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { hourlyShard } from './hourly-shard.ts';

/**
 * Each hour one shard of 24: every workbench's task definitions are looked at once a day. Where there are none and no
 * cluster, in local mode, there is nothing for it to do.
 */
export function build(
  ports: Parameters<typeof sweepCluster>[0],
  settings: SettingsFor<'WB_ORPHAN_GRACE_SECONDS'>,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_ORPHAN_GRACE_SECONDS * 1000;
  return () => sweepCluster(ports, { graceMs, ...hourlyShard(ports.clock.now()) });
}
