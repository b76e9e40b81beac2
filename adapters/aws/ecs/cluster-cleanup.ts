import type { ClusterUpkeep } from '#core/ports/cluster-cleanup.ts';
import type { ContainerInstances, InstanceOperations } from './container-instances.ts';
import type { TaskDefinitions } from './task-definitions.ts';

/** Upkeep of an ECS cluster: see ClusterUpkeep for what it promises. */
export class EcsClusterUpkeep implements ClusterUpkeep {
  readonly #definitions: TaskDefinitions;
  readonly #containerInstances: ContainerInstances;
  readonly #instances: InstanceOperations;

  constructor(definitions: TaskDefinitions, containerInstances: ContainerInstances, instances: InstanceOperations) {
    this.#definitions = definitions;
    this.#containerInstances = containerInstances;
    this.#instances = instances;
  }

  listDefined(cursor?: string): ReturnType<ClusterUpkeep['listDefined']> {
    return this.#definitions.list(cursor);
  }

  pruneDefinitions(
    workbenchId: string,
    keep: 'newest' | 'none',
    limit: number,
  ): ReturnType<ClusterUpkeep['pruneDefinitions']> {
    return this.#definitions.prune(workbenchId, keep, limit);
  }

  deregisterTerminated(): Promise<number> {
    return this.#containerInstances.deregisterTerminated(this.#instances);
  }
}
