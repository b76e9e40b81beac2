import type { StopDetails } from './ecs/types.ts';

/**
 * The texts of AWS, each once: as ECS (agent 1.105 and 1.106), Docker and EC2 write them. The simulated world sends them,
 * and the tests of the adapters read them. `…` stands for ids that differ.
 */

/** Why a task has ended, by hazard. */
export const TASK_REASONS = {
  // Images.
  imagePullFails: failedToStart('CannotPullContainerError: pull image manifest has been retried 5 time(s)'),
  pullUnauthorized: failedToStart(
    'CannotPullContainerAuthError: Error response from daemon: no basic auth credentials',
  ),
  pullTimesOut: failedToStart(
    'DockerTimeoutError: Could not transition to pulled; timed out after waiting 2h0m0s',
  ),
  pullThrottled: failedToStart(
    'CannotPullContainerError: pull image manifest has been retried 5 time(s): toomanyrequests: Rate exceeded',
  ),
  registryUnreachable: failedToStart(
    'CannotPullContainerError: failed to resolve reference: dial tcp: lookup registry.example: i/o timeout',
  ),
  // Volumes. ECS on EC2 mounts when Docker creates or starts the container, not when it creates the volume.
  mountRefused: failedToStart(
    "CannotStartContainerError: Error response from daemon: error while mounting volume '/var/lib/ecs/volumes/…': VolumeDriver.Mount: mounting volume failed: mount.nfs4: access denied by server while mounting 127.0.0.1:/",
  ),
  mountTimesOut: failedToStart(
    'CannotCreateContainerError: Error response from daemon: VolumeDriver.Get: context deadline exceeded',
  ),
  mountTooSlow: failedToStart(
    "CannotStartContainerError: Error response from daemon: error while mounting volume '/var/lib/ecs/volumes/…': VolumeDriver.Mount: context deadline exceeded",
  ),
  mountPointOwned: failedToStart(
    'CannotCreateContainerError: Error response from daemon: failed to chown /var/lib/ecs/volumes/…: operation not permitted',
  ),
  // Disks.
  diskFull: failedToStart(
    'CannotCreateContainerError: Error response from daemon: mkdir /var/lib/docker/overlay2/…: no space left on device',
  ),
  // Network interfaces.
  interfaceTimesOut: {
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Timeout waiting for network interface provisioning to complete.',
  },
  interfaceIndexUsed: {
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Unable to attach network interface to unused device index',
  },
  // Not the end of a task: the reason of its readiness container.
  companionFails: failedToStart(
    'CannotPullContainerError: pull image manifest has been retried 5 time(s): context deadline exceeded',
  ),
  // Stops.
  stopGivenUp: {
    stoppedReason: 'Task stopped by user',
    containerReason:
      'CannotStopContainerError: Error response from daemon: tried to kill container, but did not receive an exit event',
  },
  spotInterrupted: { stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' },
  outOfMemory: {
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    exitCode: 137,
    containerReason: 'OutOfMemoryError: Container killed due to memory usage',
  },
} as const satisfies Readonly<Record<string, StopDetails>>;

function failedToStart<T extends string>(containerReason: T) {
  return { stopCode: 'TaskFailedToStart', stoppedReason: 'Task failed to start', containerReason } as const;
}

/** What ECS reports of the tasks of an instance that EC2 ends. */
export function hostEnded(instanceId: string, how: 'stopped' | 'terminated'): StopDetails {
  return {
    stopCode: how === 'stopped' ? 'InfrastructureHealth' : 'TerminationNotice',
    stoppedReason: `Host EC2 (instance ${instanceId}) ${how}.`,
  };
}

/** The messages of the errors of EC2, by name. */
export const EC2_ERRORS = {
  IdempotentInstanceTerminated:
    'The request to launch an instance uses the same client token as a previous request for which the instance has been terminated.',
  InsufficientFreeAddressesInSubnet:
    'There are not enough free addresses in subnet to satisfy the requested number of instances.',
  VolumeLimitExceeded: 'You have exceeded the maximum gp3 volume size limit of 50 TiB in this region.',
  NetworkInterfaceLimitExceeded: 'You have exceeded the maximum number of network interfaces in this region.',
  PendingVerification:
    'Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete.',
  VcpuLimitExceeded:
    'You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.',
  UnauthorizedOperation:
    'You are not authorized to perform this operation. User is not authorized because no identity-based policy allows the action.',
} as const;

/** StateReason of an instance that ended by itself, by code. */
export const STATE_REASONS = {
  'Client.VolumeLimitExceeded': 'Client.VolumeLimitExceeded: Volume limit exceeded',
  'Client.InvalidKMSKey.InvalidState':
    'Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state',
  'Server.InternalError': 'Server.InternalError: Internal error on launch',
  'Server.InsufficientInstanceCapacity':
    'Server.InsufficientInstanceCapacity: There was insufficient capacity available to satisfy the instance request',
  'Client.UserInitiatedShutdown': 'Client.UserInitiatedShutdown: User initiated shutdown',
  'Server.SpotInstanceTermination': 'Server.SpotInstanceTermination: Spot instance termination',
} as const;
export type StateReasonCode = keyof typeof STATE_REASONS;

/** The message of ECS, EFS and Lambda with AccessDeniedException. */
export const ACCESS_DENIED =
  'User is not authorized to perform this action because no identity-based policy allows the action';
