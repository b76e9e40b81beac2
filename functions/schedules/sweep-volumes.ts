import { systemClock } from '#adapters/system-clock.ts';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { historyStore, openTable, reportStore, workbenchStore } from '../wiring/table.ts';
import { volumeStoreForSweep } from '../wiring/volumes.ts';
import { dailyShard } from './daily-shard.ts';

const { everyMinutes } = DEPLOYED['sweep-volumes'].startedBy;

/** Every hour, for one of 24 shards: compares the volumes with the records, so that each is checked once a day. */
export function build(
  ports: Parameters<typeof sweepVolumes>[0],
  settings: SettingsFor<'WB_VOLUME_GRACE_SECONDS'>,
): () => Promise<ReconcileReport> {
  const graceMs = settings.WB_VOLUME_GRACE_SECONDS * 1000;
  return () => sweepVolumes(ports, { graceMs, ...dailyShard(ports.clock.now(), everyMinutes) });
}

export const handler = createHandler('sweep-volumes', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const ports = {
    workbenches: workbenchStore(table),
    history: historyStore(table),
    reports: reportStore(table),
    volumes: volumeStoreForSweep(settings),
    clock: systemClock,
    telemetry,
  };
  return build(ports, settings);
});
