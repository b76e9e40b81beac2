import { DEPLOYED } from '#contract/deployed-functions.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { retentionPolicyOf } from '#contract/settings/policy.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { dailyShard } from './daily-shard.ts';

const { everyMinutes } = DEPLOYED['sweep-volumes'].startedBy;

/** Every hour, for one of 24 shards: compares the volumes with the records, so that each is checked once a day. */
export function build(
  ports: Parameters<typeof sweepVolumes>[0],
  settings: SettingsFor<'WB_VOLUME_GRACE_SECONDS' | 'WB_DELETE_AFTER_HOURS' | 'WB_RETENTION_DAYS'>,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_VOLUME_GRACE_SECONDS * 1000;
  const retention = retentionPolicyOf(settings);
  return () => sweepVolumes(ports, { graceMs, retention, ...dailyShard(ports.clock.now(), everyMinutes) });
}
