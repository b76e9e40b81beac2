import { createEcsClient, createSweepEcsClient } from '#adapters/aws/clients.ts';
import { createBatchingEcsClient } from '#adapters/aws/ecs/batching-client.ts';
import { EcsClusterCleanup } from '#adapters/aws/ecs/cluster-cleanup.ts';
import { ContainerInstances, type InstanceOperations } from '#adapters/aws/ecs/container-instances.ts';
import { InstanceTasks } from '#adapters/aws/ecs/instance-tasks.ts';
import { EcsMachineInventory } from '#adapters/aws/ecs/machine-inventory.ts';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { type EcsClient, TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { TaskSettingName } from '#contract/deployed-functions.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import type { ClusterCleanup } from '#core/ports/cluster-cleanup.ts';
import type { MachineInventory } from '#core/ports/machine-inventory.ts';
import type { TaskRunner } from '#core/ports/task-runner.ts';

type Settings = DeployedSettingsFor<TaskSettingName>;

/** The ECS cluster, with one client. */
export interface Cluster {
  readonly client: EcsClient;
  readonly instances: ContainerInstances;
}

/** The cluster for a batch of messages: the workbenches of the batch read their tasks in one call. */
export function openClusterForDrive(settings: DeployedSettingsFor<'WB_CLUSTER'>): Cluster {
  return clusterWith(createBatchingEcsClient(createEcsClient()), settings);
}

/** The cluster for a sweep: calls are paced and not retried, so that calls for requests of users have priority. */
export function openClusterForSweep(settings: DeployedSettingsFor<'WB_CLUSTER'>): Cluster {
  return clusterWith(createSweepEcsClient(createEcsClient({ maxAttempts: 1 })), settings);
}

function clusterWith(client: EcsClient, settings: DeployedSettingsFor<'WB_CLUSTER'>): Cluster {
  return { client, instances: new ContainerInstances(client, settings.WB_CLUSTER) };
}

/** @param instances called only for instances whose agent is disconnected */
export function taskRunner(
  { client }: Cluster,
  settings: Settings,
  instances: InstanceOperations,
  activity?: TaskSettings['activity'],
): TaskRunner {
  const ofTasks = { ...taskSettings(settings, process.env.AWS_REGION), activity };
  return new EcsTaskRunner(client, ofTasks, instances, systemClock);
}

/** The tasks on an instance. Its calls only read, and no user waits for them, so they are retried. */
export function instanceTasks(
  settings: DeployedSettingsFor<'WB_CLUSTER' | 'WB_CONTAINER_PORT'>,
): InstanceTasks {
  const client = createEcsClient({ maxAttempts: 3 });
  return new InstanceTasks(client, settings.WB_CLUSTER, settings.WB_CONTAINER_PORT);
}

/** The machines of the cluster, for a request of an operator. Its calls are idempotent, so that they are retried. */
export function machineInventory(
  settings: DeployedSettingsFor<'WB_CLUSTER' | 'WB_CONTAINER_PORT'>,
  client: EcsClient = createEcsClient({ maxAttempts: 2 }),
): MachineInventory {
  const tasks = new InstanceTasks(client, settings.WB_CLUSTER, settings.WB_CONTAINER_PORT);
  return new EcsMachineInventory(new ContainerInstances(client, settings.WB_CLUSTER), tasks);
}

export function clusterCleanup(
  cluster: Cluster,
  settings: Settings,
  instances: InstanceOperations,
): ClusterCleanup {
  const definitions = new TaskDefinitions(cluster.client, taskSettings(settings, process.env.AWS_REGION));
  return new EcsClusterCleanup(definitions, cluster.instances, instances);
}

/**
 * The settings of tasks.
 * @param region the region of the log group, which is the region of the functions: Lambda sets AWS_REGION
 */
export function taskSettings(settings: Settings, region: string | undefined): TaskSettings {
  const { WB_TASK_LOG_GROUP: group } = settings;
  if (group !== undefined && region === undefined) throw new Error('AWS_REGION is not set');
  return {
    cluster: settings.WB_CLUSTER,
    familyPrefix: settings.WB_INSTALLATION,
    image: settings.WB_IMAGE,
    bootCommand: settings.WB_BOOT_COMMAND,
    healthCommand: settings.WB_HEALTH_COMMAND,
    port: settings.WB_CONTAINER_PORT,
    mountPath: settings.WB_MOUNT_PATH,
    uid: settings.WB_IMAGE_UID,
    gid: settings.WB_IMAGE_GID,
    baseUrl: (workbenchId) => `${settings.BASE_URL}/project/${workbenchId}/`,
    subnets: settings.WB_SUBNETS,
    securityGroups: settings.WB_TASK_SECURITY_GROUPS,
    executionRoleArn: settings.WB_EXECUTION_ROLE_ARN,
    taskRoleArn: settings.WB_TASK_ROLE_ARN,
    tags: { [INSTALLATION_TAG]: settings.WB_INSTALLATION },
    logs: group === undefined || region === undefined ? undefined : { group, region },
  };
}
