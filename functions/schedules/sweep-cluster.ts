import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepCluster } from '#core/reconcile/upkeep.ts';
import type { SettingsFor } from '../env.ts';

const HOUR_MS = 60 * 60 * 1000;

/** Each hour one shard of 24: every workbench's task definitions are looked at once a day. */
const SHARDS = 24;

/** Where there are no task definitions and no cluster, in local mode, there is nothing for it to do. */
export function build(
  ports: Parameters<typeof sweepCluster>[0],
  settings: SettingsFor<'WB_ORPHAN_GRACE_SECONDS'>,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_ORPHAN_GRACE_SECONDS * 1000;
  return () => {
    const shard = Math.floor(ports.clock.now() / HOUR_MS) % SHARDS;
    return sweepCluster(ports, { graceMs, shard, shards: SHARDS });
  };
}
