import type { ContainerInstance } from '@aws-sdk/client-ecs';
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { ClusterCleanup, ClusterInstance } from '#core/ports/cluster-cleanup.ts';
import type { DefinedWorkbench } from '#core/ports/task-runner.ts';
import type { ContainerInstances, InstanceOperations } from './container-instances.ts';
import { HOST_ATTRIBUTE } from './run-task-input.ts';
import type { TaskDefinitions } from './task-definitions.ts';

/** The cleanup of an ECS cluster. ClusterCleanup documents the methods. */
export class EcsClusterCleanup implements ClusterCleanup {
  readonly #definitions: TaskDefinitions;
  readonly #containerInstances: ContainerInstances;
  readonly #instances: InstanceOperations;

  constructor(
    definitions: TaskDefinitions,
    containerInstances: ContainerInstances,
    instances: InstanceOperations,
  ) {
    this.#definitions = definitions;
    this.#containerInstances = containerInstances;
    this.#instances = instances;
  }

  listWorkbenchesWithDefinitions(
    cursor?: string,
  ): ReturnType<ClusterCleanup['listWorkbenchesWithDefinitions']> {
    return this.#definitions.list(cursor);
  }

  pruneTaskDefinitions(
    workbenchId: string,
    keep: 'newest' | 'none',
    limit: number,
  ): ReturnType<ClusterCleanup['pruneTaskDefinitions']> {
    return this.#definitions.prune(workbenchId, keep, limit);
  }

  definitionSettings(): string {
    return this.#definitions.settingsDigest();
  }

  registerAhead(workbench: DefinedWorkbench): ReturnType<ClusterCleanup['registerAhead']> {
    return this.#definitions.registerAhead(workbench);
  }

  deregisterTerminatedInstances(): Promise<number> {
    return this.#containerInstances.deregisterTerminatedInstances(this.#instances);
  }

  async listInstances(): Promise<readonly ClusterInstance[]> {
    return (await this.#containerInstances.list()).flatMap((instance) => toClusterInstance(instance) ?? []);
  }
}

/** Undefined for a container instance that is not an EC2 instance. */
function toClusterInstance(instance: ContainerInstance): ClusterInstance | undefined {
  const {
    ec2InstanceId: instanceId,
    attributes = [],
    runningTasksCount = 0,
    pendingTasksCount = 0,
  } = instance;
  if (instanceId === undefined) return undefined;
  const attributeOf = (wanted: string) => attributes.find(({ name }) => name === wanted)?.value;
  const isHost = attributeOf(HOST_ATTRIBUTE) !== undefined;
  return {
    instanceId,
    provider: isHost ? undefined : (instance.capacityProviderName ?? attributeOf(PROVIDER_ATTRIBUTE)),
    registrationFailed: instance.status === 'REGISTRATION_FAILED',
    agentVersion: instance.versionInfo?.agentVersion,
    taskCount: runningTasksCount + pendingTasksCount,
    registeredAt: instance.registeredAt?.getTime(),
  };
}
