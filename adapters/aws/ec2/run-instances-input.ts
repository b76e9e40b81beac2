import type { RunInstancesCommandInput, TagSpecification } from '@aws-sdk/client-ec2';
import { instanceUserData } from '#contract/instance-user-data.ts';
import { INSTALLATION_TAG, LAUNCH_TAG, USER_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { HostRequest } from '#core/ports/host-fleet.ts';
import { HOST_ATTRIBUTE } from '../ecs/run-task-input.ts';
import { startedByOf } from '../ecs/task-identity.ts';

/** What all hosts of an installation have in common. */
export interface HostSettings {
  /** Name of the ECS cluster that the hosts join. */
  readonly cluster: string;
  /** Value of the tag that marks the hosts of this installation: 1-128 letters, digits, hyphens. */
  readonly installation: string;
  /** Sets the AMI, the instance profile, the security group and the disks; no network interface. */
  readonly launchTemplate: LaunchTemplate;
  /** The same with the AMI for GPUs, for `gpuInstanceTypes`. @default launchTemplate */
  readonly gpuLaunchTemplate?: LaunchTemplate;
  readonly gpuInstanceTypes?: ReadonlySet<string>;
  /** Private subnets, if possible in several zones. Each launch selects one of them. */
  readonly subnets: readonly [string, ...string[]];
  /** The AMIs with which a stopped host may be started; a host with another one is replaced. @default any */
  readonly acceptedImages?: ReadonlySet<string>;
  /** Whether the image of workbenches never changes under its name. @default false */
  readonly pinnedImage?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface LaunchTemplate {
  readonly id: string;
  /** A number, `$Latest` or `$Default`. */
  readonly version: string;
}

/**
 * The input of RunInstances. It depends on the arguments alone, because a retry with the same client token must send the
 * same parameters.
 */
export function runInstancesInput(
  settings: HostSettings,
  request: HostRequest,
  token: string,
): RunInstancesCommandInput {
  const { workbenchId, userId, instanceType, generation } = request;
  const gpu = settings.gpuInstanceTypes?.has(instanceType) ?? false;
  const template = (gpu ? settings.gpuLaunchTemplate : undefined) ?? settings.launchTemplate;
  const tags = {
    ...settings.tags,
    Name: `workbench ${workbenchId}`,
    [INSTALLATION_TAG]: settings.installation,
    [WORKBENCH_TAG]: workbenchId,
    [USER_TAG]: startedByOf(userId),
    [LAUNCH_TAG]: token,
  };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const tagged: TagSpecification['ResourceType'][] = ['instance', 'volume', 'network-interface'];
  return {
    ClientToken: token,
    MinCount: 1,
    MaxCount: 1,
    LaunchTemplate: { LaunchTemplateId: template.id, Version: template.version },
    InstanceType: instanceType as NonNullable<RunInstancesCommandInput['InstanceType']>,
    SubnetId: selectSubnet(settings, workbenchId, generation),
    UserData: Buffer.from(userData(settings, workbenchId), 'utf8').toString('base64'),
    // A hop limit of 1 keeps containers from the metadata service and so from the credentials of the instance.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    InstanceInitiatedShutdownBehavior: 'stop',
    TagSpecifications: tagged.map((ResourceType) => ({ ResourceType, Tags })),
  };
}

/**
 * Sets the attribute by which the task's placement constraint finds its host. The agent sends it at its first registration
 * only, so it must be in the user data.
 */
function userData({ cluster, pinnedImage = false }: HostSettings, workbenchId: string): string {
  return instanceUserData({ cluster, attributes: { [HOST_ATTRIBUTE]: workbenchId }, pinnedImage });
}

/**
 * Selects a subnet. The workbenches are distributed over the subnets by a hash, and each generation uses the next subnet,
 * so that a launch that failed for lack of addresses or capacity is followed by one in another subnet.
 *
 * A retry of a launch must name the same subnet: the client token of a launch counts for its zone only, so that a second
 * instance may be launched if the list of subnets changes between two calls. The sweep of hosts terminates it.
 */
function selectSubnet({ subnets }: HostSettings, workbenchId: string, generation: number): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < workbenchId.length; i += 1)
    hash = Math.imul(hash ^ workbenchId.charCodeAt(i), 0x01000193);
  return subnets[((hash >>> 0) + generation) % subnets.length] ?? subnets[0];
}
