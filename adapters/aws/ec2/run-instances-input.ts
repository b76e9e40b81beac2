import type { RunInstancesCommandInput, TagSpecification } from '@aws-sdk/client-ec2';
import type { HostRequest } from '#core/ports/host-fleet.ts';
import { HOST_ATTRIBUTE } from '../ecs/run-task-input.ts';
import { startedByOf } from '../ecs/task-identity.ts';
import { type HostSettings, INSTALLATION_TAG, LAUNCH_TAG, USER_TAG, WORKBENCH_TAG } from './settings.ts';

/** RunInstances' input: the same for the same request and token, so that a retry is the same call. */
export function runInstancesInput(
  settings: HostSettings,
  request: HostRequest,
  token: string,
): RunInstancesCommandInput {
  const { workbenchId, userId, instanceType } = request;
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
    SubnetId: subnetFor(settings, token),
    UserData: Buffer.from(userData(settings, workbenchId), 'utf8').toString('base64'),
    // One hop: the machine's own credentials end at its network interface, containers do not get at them.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    InstanceInitiatedShutdownBehavior: 'stop',
    TagSpecifications: tagged.map((ResourceType) => ({ ResourceType, Tags })),
  };
}

/** The attribute is taken in at the first registration only, and by it the task finds its machine. */
function userData({ cluster, agentConfig = [] }: HostSettings, workbenchId: string): string {
  const config = [
    `ECS_CLUSTER=${cluster}`,
    `ECS_INSTANCE_ATTRIBUTES=${JSON.stringify({ [HOST_ATTRIBUTE]: workbenchId })}`,
    'ECS_AWSVPC_BLOCK_IMDS=true',
    'ECS_DISABLE_PRIVILEGED=true',
    ...agentConfig,
  ];
  return ['#!/bin/bash', "cat >> /etc/ecs/ecs.config <<'WORKBENCH'", ...config, 'WORKBENCH', ''].join('\n');
}

/**
 * One token goes to one subnet, always the same: a call repeated elsewhere would be another call. What finds no
 * machine in one zone comes again with another token, and so most likely in another zone.
 */
function subnetFor({ subnets }: HostSettings, token: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < token.length; i += 1) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193);
  return subnets[(hash >>> 0) % subnets.length] ?? subnets[0];
}
