import type { InstanceOperations } from '#adapters/aws/ecs/container-instances.ts';
import { HttpGateProbe } from '#adapters/http-gate-probe.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { CatalogSettingName, TaskSettingName, VolumeSettingName } from '#contract/deployed-functions.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { GateProbe } from '#core/ports/gate-probe.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkQueue } from '#core/ports/work-queue.ts';
import type { DrivePorts } from '#core/workbench/drive.ts';
import type { EffectPorts } from '#core/workbench/execute-effect.ts';
import { withoutDeletion } from '../drive/unavailable-ports.ts';
import { clusterCatalog } from './catalog.ts';
import { runActivity, runKeys } from './run-keys.ts';
import {
  activityStore,
  historyStore,
  idempotencyStore,
  openTable,
  quotaStore,
  shareStore,
  startTimesStore,
  type Table,
  usageStore,
  workbenchStore,
} from './table.ts';
import { type Cluster, taskRunner } from './tasks.ts';
import { volumeStore } from './volumes.ts';

/** The ports that every driving function needs: those of the record, without the queue and the ports of effects. */
export function driveRecordPorts(
  wiring: { readonly settings: DeployedSettingsFor<'WB_TABLE_NAME'>; readonly telemetry: Telemetry },
  table: Table = openTable(wiring),
): Omit<DrivePorts, 'queue' | Exclude<keyof EffectPorts, 'activity'>> {
  return {
    workbenches: workbenchStore(table),
    history: historyStore(table),
    usage: usageStore(table),
    quotas: quotaStore(table),
    idempotency: idempotencyStore(table),
    activity: activityStore(table),
    shares: shareStore(table),
    startTimes: startTimesStore(table),
    clock: systemClock,
    telemetry: wiring.telemetry,
  };
}

/**
 * The ports that are needed to drive a workbench, without the host fleet and without the deletion of files.
 * @param queue where a workbench is enqueued that must be driven again
 * @param instances the EC2 instances of the cluster
 */
export function drivePorts(
  wiring: {
    readonly settings: DeployedSettingsFor<
      | 'WB_TABLE_NAME'
      | 'WB_API_URL'
      | 'WB_RUN_KEYS_SECRET_ARN'
      | TaskSettingName
      | VolumeSettingName
      | CatalogSettingName
    >;
    readonly telemetry: Telemetry;
  },
  queue: WorkQueue,
  cluster: Cluster,
  instances: InstanceOperations,
): Omit<DrivePorts, 'hosts'> {
  const { settings } = wiring;
  const table = openTable(wiring);
  const readKeys = runKeys(settings, wiring.telemetry);
  return {
    ...driveRecordPorts(wiring, table),
    queue,
    tasks: taskRunner(cluster, settings, instances, runActivity(settings, readKeys)),
    gate: gateProbe(settings, readKeys),
    volumes: withoutDeletion(volumeStore(settings)),
    catalog: clusterCatalog(settings, table),
  };
}

/** Returns how the gate is asked at its public address. */
export function gateProbe(
  { BASE_URL }: DeployedSettingsFor<'BASE_URL'>,
  readKeys: ReturnType<typeof runKeys>,
): GateProbe {
  // Without keys there is no gate: it needs an API with keys, and these have the keys of runs.
  if (readKeys === undefined) return { probe: async () => ({ kind: 'unsupported' }) };
  const gate = new URL(BASE_URL);
  return new HttpGateProbe({ gate: () => ({ url: gate }), keys: readKeys, clock: systemClock });
}
