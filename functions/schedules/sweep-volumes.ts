import { DEPLOYED } from '#contract/deployed-functions.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { dailyShard } from './daily-shard.ts';

const { everyMinutes } = DEPLOYED['sweep-volumes'].startedBy;

type Settings = PolicySettings &
  DeployedSettingsFor<'WB_VOLUME_GRACE_SECONDS'> &
  // Local mode has no price.
  Partial<DeployedSettingsFor<'WB_FILES_PRICE'>>;

/**
 * Every hour, for one of 24 shards: compares the volumes with the records, so that each is checked once a day, and measures
 * the files of workbenches.
 */
export function build(
  ports: Parameters<typeof sweepVolumes>[0],
  settings: Settings,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_VOLUME_GRACE_SECONDS * 1000;
  const policy = policyOf(settings);
  const { WB_FILES_PRICE: gibMonthPrice = 0 } = settings;
  return () =>
    sweepVolumes(ports, {
      graceMs,
      policy,
      gibMonthPrice,
      ...dailyShard(ports.clock.now(), everyMinutes),
    });
}
