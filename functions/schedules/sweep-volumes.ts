import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepVolumes } from '#core/reconcile/volumes.ts';
import type { SettingsFor } from '../env.ts';

const HOUR_MS = 60 * 60 * 1000;

/** Each hour one shard of 24: every volume is looked at once a day. */
const SHARDS = 24;

export function build(
  ports: Parameters<typeof sweepVolumes>[0],
  settings: SettingsFor<'WB_VOLUME_GRACE_SECONDS'>,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_VOLUME_GRACE_SECONDS * 1000;
  return () => {
    const shard = Math.floor(ports.clock.now() / HOUR_MS) % SHARDS;
    return sweepVolumes(ports, { graceMs, shard, shards: SHARDS });
  };
}
