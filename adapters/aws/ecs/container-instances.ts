import {
  type ContainerInstance,
  DeregisterContainerInstanceCommand,
  DescribeContainerInstancesCommand,
  ListContainerInstancesCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import type { InstanceState } from '#core/ports/host-fleet.ts';
import { PortError } from '#core/ports/port-error.ts';
import { callAws, isAwsError, portError } from '../errors.ts';
import type { CheckSendDeadline } from '../send-deadline.ts';
import type { EcsClient } from './task-definitions.ts';

/**
 * The operations on EC2 instances that the ECS adapters need. The cluster may contain instances of other owners:
 * `states` reports them, and `terminate` ignores them.
 */
export interface InstanceOperations {
  /**
   * Returns the state of each instance; the owner does not matter. At most 100. `terminated` proves that nothing runs on the
   * instance: EC2 reports it as terminated or no longer knows it. An instance that is not an EC2 instance is `pending`, from
   * which the controller concludes nothing.
   */
  states(instanceIds: readonly string[]): Promise<ReadonlyMap<string, InstanceState>>;
  /**
   * Terminates an instance of this installation. Does nothing if the instance belongs to another owner or no longer exists.
   * @throws PortError `throttled` if the send deadline has passed
   */
  terminate(instanceId: string, checkSendDeadline: CheckSendDeadline): Promise<void>;
}

/** The most EC2 instance ids in one filter. A cluster query with 100 of them has more than 2,000 characters. */
const FILTER_IDS_MAX = 50;

/** The most container instances in one call or page. */
const PAGE_SIZE = 100;

/** The container instances of the cluster. */
export class ContainerInstances {
  readonly #client: EcsClient;
  readonly #cluster: string;

  constructor(client: EcsClient, cluster: string) {
    this.#client = client;
    this.#cluster = cluster;
  }

  /** Describes those of these container instances that ECS still knows. At most 100. */
  async describe(arns: readonly string[]): Promise<readonly ContainerInstance[]> {
    if (arns.length === 0) return [];
    const { containerInstances = [] } = await callAws('ecs', 'DescribeContainerInstances', () =>
      this.#client.send(
        new DescribeContainerInstancesCommand({ cluster: this.#cluster, containerInstances: [...arns] }),
      ),
    );
    return containerInstances;
  }

  /** Returns the registered container instances of these EC2 instances, by instance id. At most 100. */
  async findByInstanceIds(instanceIds: readonly string[]): Promise<ReadonlyMap<string, ContainerInstance>> {
    const arns: string[] = [];
    for (let offset = 0; offset < instanceIds.length; offset += FILTER_IDS_MAX) {
      const ids = instanceIds.slice(offset, offset + FILTER_IDS_MAX);
      arns.push(...(await this.#list(`ec2InstanceId in [${ids.join(', ')}]`)));
    }
    const found = new Map<string, ContainerInstance>();
    for (let offset = 0; offset < arns.length; offset += PAGE_SIZE) {
      for (const known of await this.describe(arns.slice(offset, offset + PAGE_SIZE))) {
        if (known.ec2InstanceId === undefined || known.status === 'INACTIVE') continue;
        // If an instance is registered twice, use the registration whose agent is connected.
        if (found.get(known.ec2InstanceId)?.agentConnected !== true) found.set(known.ec2InstanceId, known);
      }
    }
    return found;
  }

  /** Returns all registered container instances. */
  async list(): Promise<readonly ContainerInstance[]> {
    return this.#describeAll(await this.#list());
  }

  /** Returns the registered container instances, at most `max`, a multiple of 100. `complete`: these are all. */
  async listAtMost(
    max: number,
  ): Promise<{ readonly instances: readonly ContainerInstance[]; readonly complete: boolean }> {
    // One more page shows whether there are more.
    const arns = await this.#list(undefined, max + 1);
    return { instances: await this.#describeAll(arns.slice(0, max)), complete: arns.length <= max };
  }

  async #describeAll(arns: readonly string[]): Promise<readonly ContainerInstance[]> {
    const instances: ContainerInstance[] = [];
    for (let offset = 0; offset < arns.length; offset += PAGE_SIZE)
      instances.push(...(await this.describe(arns.slice(offset, offset + PAGE_SIZE))));
    return instances.filter(({ status }) => status !== 'INACTIVE');
  }

  /**
   * Sets whether ECS places new tasks on a container instance. Tasks that RunTask started run on in either state.
   * @param id its ARN or id
   * @throws PortError
   */
  async setDraining(id: string, draining: boolean): Promise<void> {
    const { failures = [] } = await callAws('ecs', 'UpdateContainerInstancesState', () =>
      this.#client.send(
        new UpdateContainerInstancesStateCommand({
          cluster: this.#cluster,
          containerInstances: [id],
          status: draining ? 'DRAINING' : 'ACTIVE',
        }),
      ),
    );
    const [failure] = failures;
    if (failure !== undefined)
      throw new PortError('unavailable', `UpdateContainerInstancesState: ${failure.reason ?? 'no reason'}`);
  }

  /** Stops placement on a container instance before it is terminated. Errors are ignored: the termination does not need it. */
  async drain(arn: string): Promise<void> {
    await this.#client
      .send(
        new UpdateContainerInstancesStateCommand({
          cluster: this.#cluster,
          containerInstances: [arn],
          status: 'DRAINING',
        }),
      )
      .catch(() => {});
  }

  /**
   * Deregisters a container instance by force: ECS then reports its tasks as stopped. Only for instances that are
   * terminated, because on a live instance the tasks would continue.
   */
  async deregister(arn: string): Promise<void> {
    try {
      await this.#client.send(
        new DeregisterContainerInstanceCommand({
          cluster: this.#cluster,
          containerInstance: arn,
          force: true,
        }),
      );
    } catch (error) {
      // The container instance is already deregistered.
      if (isAwsError(error, 'invalidParameter', 'clientException')) return;
      throw portError('ecs', 'DeregisterContainerInstance', error);
    }
  }

  /**
   * Deregisters the container instances whose EC2 instance is terminated. ECS keeps such a registration if the instance was
   * stopped or its agent disconnected when it was terminated, and reports its tasks as RUNNING indefinitely.
   * @returns the number of container instances that were deregistered
   */
  async deregisterTerminatedInstances(instances: Pick<InstanceOperations, 'states'>): Promise<number> {
    let deregistered = 0;
    const disconnected = await this.#list('agentConnected == false');
    for (let offset = 0; offset < disconnected.length; offset += PAGE_SIZE) {
      const known = await this.describe(disconnected.slice(offset, offset + PAGE_SIZE));
      const candidates = known.filter(
        ({ agentConnected, status }) => !agentConnected && status !== 'INACTIVE',
      );
      const states = await instances.states(candidates.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []));
      for (const { containerInstanceArn, ec2InstanceId } of candidates) {
        if (containerInstanceArn === undefined || ec2InstanceId === undefined) continue;
        if (states.get(ec2InstanceId) !== 'terminated') continue;
        await this.deregister(containerInstanceArn);
        deregistered += 1;
      }
    }
    return deregistered;
  }

  /** @param enough no further page is read once there are this many */
  async #list(filter?: string, enough = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await callAws('ecs', 'ListContainerInstances', () =>
        this.#client.send(
          new ListContainerInstancesCommand({
            cluster: this.#cluster,
            ...(filter === undefined ? {} : { filter }),
            maxResults: PAGE_SIZE,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        ),
      );
      arns.push(...(page.containerInstanceArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined && arns.length < enough);
    return arns;
  }
}

/** The CPU and memory that a container instance registered with; empty until its agent has registered it. */
export function registeredCapacityOf(instance: Pick<ContainerInstance, 'registeredResources'>): {
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
} {
  const amountOf = (resource: string) =>
    instance.registeredResources?.find(({ name }) => name === resource)?.integerValue;
  const cpuUnits = amountOf('CPU');
  const memoryMib = amountOf('MEMORY');
  return {
    ...(cpuUnits === undefined ? {} : { cpuUnits }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
  };
}
