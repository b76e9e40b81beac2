import {
  type ContainerInstance,
  DeregisterContainerInstanceCommand,
  DescribeContainerInstancesCommand,
  ListContainerInstancesCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import type { InstanceState } from '#core/ports/host-fleet.ts';
import { callAws, isAwsError, portError } from '../errors.ts';
import type { CheckSendDeadline } from '../send-deadline.ts';
import type { EcsClient } from './task-definitions.ts';

/**
 * The machines under the cluster, as far as ECS's tasks need them. Somebody else's may be among them: their state is
 * told, and nothing is done to them while they live.
 */
export interface InstanceOperations {
  /**
   * The state of each, whosever it is; at most 100. `terminated` is proof that nothing runs on it: EC2 says so, or does
   * not know it any more. One that is not EC2's is `pending`, from which nothing is concluded.
   */
  states(instanceIds: readonly string[]): Promise<ReadonlyMap<string, InstanceState>>;
  /** Asks one of ours to terminate, unless it is too late to. Of one that is not ours, or is no more: nothing. */
  terminate(instanceId: string, checkSendDeadline: CheckSendDeadline): Promise<void>;
}

/** The most that one call describes. */
const PAGE_SIZE = 100;

/** The machines of the cluster as ECS knows them. */
export class ContainerInstances {
  readonly #client: EcsClient;
  readonly #cluster: string;

  constructor(client: EcsClient, cluster: string) {
    this.#client = client;
    this.#cluster = cluster;
  }

  /** Those of these ARNs that ECS still knows; at most 100. */
  async describe(arns: readonly string[]): Promise<readonly ContainerInstance[]> {
    if (arns.length === 0) return [];
    const { containerInstances = [] } = await callAws('ecs', 'DescribeContainerInstances', () =>
      this.#client.send(
        new DescribeContainerInstancesCommand({ cluster: this.#cluster, containerInstances: [...arns] }),
      ),
    );
    return containerInstances;
  }

  /** The registered container instances of these EC2 instances, by instance id; at most 100. */
  async findByInstanceIds(instanceIds: readonly string[]): Promise<ReadonlyMap<string, ContainerInstance>> {
    if (instanceIds.length === 0) return new Map();
    const arns = await this.#list(`ec2InstanceId in [${instanceIds.join(', ')}]`);
    const found = new Map<string, ContainerInstance>();
    for (let at = 0; at < arns.length; at += PAGE_SIZE) {
      for (const known of await this.describe(arns.slice(at, at + PAGE_SIZE))) {
        if (known.ec2InstanceId === undefined || known.status === 'INACTIVE') continue;
        // A machine that registered twice: the one whose agent speaks is the one that counts.
        if (found.get(known.ec2InstanceId)?.agentConnected !== true) found.set(known.ec2InstanceId, known);
      }
    }
    return found;
  }

  /** Lets it take no more tasks. Whether that is noted is no matter: it is a courtesy before its end. */
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

  /** Takes a container instance off the cluster, whatever it runs. Only for machines that are terminated. */
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
      // It is off the cluster already.
      if (isAwsError(error, 'invalidParameter', 'clientException')) return;
      throw portError('ecs', 'DeregisterContainerInstance', error);
    }
  }

  /**
   * Takes off the cluster what is registered although its machine is terminated: ECS leaves such a one there
   * when it was stopped or silent at its end, and shows its tasks as running for ever.
   * @returns how many were deleted
   */
  async deregisterTerminatedInstances(instances: Pick<InstanceOperations, 'states'>): Promise<number> {
    let deleted = 0;
    const silent = await this.#list('agentConnected == false');
    for (let at = 0; at < silent.length; at += PAGE_SIZE) {
      const known = await this.describe(silent.slice(at, at + PAGE_SIZE));
      const suspects = known.filter(({ agentConnected, status }) => !agentConnected && status !== 'INACTIVE');
      const found = await instances.states(suspects.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []));
      for (const { containerInstanceArn, ec2InstanceId } of suspects) {
        if (containerInstanceArn === undefined || ec2InstanceId === undefined) continue;
        if (found.get(ec2InstanceId) !== 'terminated') continue;
        await this.deregister(containerInstanceArn);
        deleted += 1;
      }
    }
    return deleted;
  }

  async #list(filter: string): Promise<readonly string[]> {
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await callAws('ecs', 'ListContainerInstances', () =>
        this.#client.send(
          new ListContainerInstancesCommand({
            cluster: this.#cluster,
            filter,
            maxResults: PAGE_SIZE,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        ),
      );
      arns.push(...(page.containerInstanceArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return arns;
  }
}

/** What a container instance offers in all, once its agent has registered it. */
export function registeredCapacityOf(instance: Pick<ContainerInstance, 'registeredResources'>): {
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
} {
  const amount = (wanted: string) =>
    instance.registeredResources?.find(({ name }) => name === wanted)?.integerValue;
  const cpuUnits = amount('CPU');
  const memoryMib = amount('MEMORY');
  return {
    ...(cpuUnits === undefined ? {} : { cpuUnits }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
  };
}
