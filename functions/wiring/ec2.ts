import { createEc2Client, createSweepEc2Client } from '#adapters/aws/ec2/clients.ts';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { type Ec2Client, Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import type { HostSettings, LaunchTemplate } from '#adapters/aws/ec2/run-instances-input.ts';
import type { ContainerInstances, InstanceOperations } from '#adapters/aws/ecs/container-instances.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { HostSettingName } from '#contract/deployed-functions.ts';
import { isPinnedImage } from '#contract/instance-user-data.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { HostFleet } from '#core/ports/host-fleet.ts';

/** EC2, with one client. */
export interface Ec2 {
  readonly client: Ec2Client;
  readonly instances: InstanceOperations;
}

type Settings = DeployedSettingsFor<HostSettingName>;

export function openEc2(settings: DeployedSettingsFor<'WB_INSTALLATION'>): Ec2 {
  return ec2With(createEc2Client(), settings);
}

/** EC2 for a sweep: calls are paced and not retried, so that calls for requests of users have priority. */
export function openEc2ForSweep(settings: DeployedSettingsFor<'WB_INSTALLATION'>): Ec2 {
  return ec2With(createSweepEc2Client(createEc2Client({ maxAttempts: 1 })), settings);
}

function ec2With(client: Ec2Client, settings: DeployedSettingsFor<'WB_INSTALLATION'>): Ec2 {
  return { client, instances: new Ec2Instances(client, settings.WB_INSTALLATION) };
}

export function hostFleet({ client }: Ec2, instances: ContainerInstances, settings: Settings): HostFleet {
  return new Ec2HostFleet(client, instances, hostSettings(settings), systemClock);
}

/** The settings of hosts. */
export function hostSettings(settings: Settings): HostSettings {
  const { WB_GPU_LAUNCH_TEMPLATE: gpuTemplate, WB_HOST_AMIS: images } = settings;
  return {
    cluster: settings.WB_CLUSTER,
    installation: settings.WB_INSTALLATION,
    launchTemplate: parseLaunchTemplate(settings.WB_LAUNCH_TEMPLATE),
    ...(gpuTemplate === undefined ? {} : { gpuLaunchTemplate: parseLaunchTemplate(gpuTemplate) }),
    gpuInstanceTypes: new Set(settings.WB_GPU_INSTANCE_TYPES),
    subnets: settings.WB_SUBNETS,
    pinnedImage: isPinnedImage(settings.WB_IMAGE),
    ...(images.length === 0 ? {} : { acceptedImages: new Set(images) }),
  };
}

/** `lt-0123456789abcdef0:3` */
function parseLaunchTemplate(text: string): LaunchTemplate {
  const [id = '', version = ''] = text.split(':');
  return { id, version };
}
