import type { ClusterCleanup } from '#core/ports/cluster-cleanup.ts';
import type { ContainerInstances, InstanceOperations } from './container-instances.ts';
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

  deregisterTerminatedInstances(): Promise<number> {
    return this.#containerInstances.deregisterTerminatedInstances(this.#instances);
  }
}
