import { createEfsClient, createLambdaClient, createSweepEfsClient } from '#adapters/aws/clients.ts';
import { RemoteJanitor } from '#adapters/aws/efs/remote-janitor.ts';
import { type EfsClient, EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { VolumeSettingName } from '#contract/deployed-functions.ts';
import { type DeployedSettingsFor, VOLUMES_PARENT } from '#contract/settings/deployment-settings.ts';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import type { VolumeStore } from '#core/ports/volume-store.ts';

type Settings = DeployedSettingsFor<VolumeSettingName>;

/** The volumes, with an EFS client, and a Lambda client that calls the janitor of each file system. */
export function volumeStore(settings: Settings): VolumeStore {
  return volumeStoreWith(createEfsClient(), settings);
}

/** The volumes for a sweep: calls are paced and not retried, so that calls for requests of users have priority. */
export function volumeStoreForSweep(settings: Settings): VolumeStore {
  return volumeStoreWith(createSweepEfsClient(createEfsClient({ maxAttempts: 1 })), settings);
}

function volumeStoreWith(client: EfsClient, settings: Settings): VolumeStore {
  const { WB_FILE_SYSTEMS: fileSystemIds, WB_JANITOR_FUNCTIONS: janitors } = settings;
  const functions = new Map(fileSystemIds.map((id, index) => [id, janitors[index] ?? '']));
  const janitor = new RemoteJanitor(createLambdaClient(), functions);
  const { WB_IMAGE_UID: uid, WB_IMAGE_GID: gid, WB_INSTALLATION } = settings;
  return new EfsVolumeStore(
    client,
    janitor,
    { fileSystemIds, parentPath: VOLUMES_PARENT, uid, gid, tags: { [INSTALLATION_TAG]: WB_INSTALLATION } },
    systemClock,
  );
}
