import type { ClusterUpkeep } from '#core/ports/cluster-upkeep.ts';
import type { ContainerInstances, Machines } from './container-instances.ts';
import type { TaskDefinitions } from './task-definitions.ts';

/** Upkeep of an ECS cluster: see ClusterUpkeep for what it promises. */
export class EcsClusterUpkeep implements ClusterUpkeep {
  readonly #definitions: TaskDefinitions;
  readonly #instances: ContainerInstances;
  readonly #machines: Machines;

  constructor(definitions: TaskDefinitions, instances: ContainerInstances, machines: Machines) {
    this.#definitions = definitions;
    this.#instances = instances;
    this.#machines = machines;
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
    return this.#instances.deregisterTerminated(this.#machines);
  }
}
