import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { callAws } from '../errors.ts';
import { ContainerInstances } from './container-instances.ts';
import type { EcsClient } from './task-definitions.ts';
import { parseTaskObservation } from './task-observation.ts';

/** The most tasks in one call or page. */
const PAGE_SIZE = 100;

/** The tasks on one instance of the cluster. */
export class InstanceTasks {
  readonly #client: EcsClient;
  readonly #cluster: string;
  readonly #port: number;
  readonly #containerInstances: ContainerInstances;

  /** @param port the HTTP port of a workbench's container */
  constructor(client: EcsClient, cluster: string, port: number) {
    this.#client = client;
    this.#cluster = cluster;
    this.#port = port;
    this.#containerInstances = new ContainerInstances(client, cluster);
  }

  /**
   * The tasks on this EC2 instance that the controller started and that are not to stop; none if the instance does not
   * belong to the cluster.
   * @param options onlyIfDraining: none if ECS does not drain the instance, or no longer does
   * @throws PortError
   */
  async list(
    instanceId: string,
    { onlyIfDraining = false }: { readonly onlyIfDraining?: boolean } = {},
  ): Promise<readonly TaskObservation[]> {
    const registered = (await this.#containerInstances.findByInstanceIds([instanceId])).get(instanceId);
    const containerInstance = registered?.containerInstanceArn;
    if (containerInstance === undefined) return [];
    if (onlyIfDraining && registered?.status !== 'DRAINING') return [];
    const tasks: TaskObservation[] = [];
    let nextToken: string | undefined;
    // A short or empty page need not be the last one.
    do {
      const page = await callAws('ecs', 'ListTasks', () =>
        this.#client.send(
          new ListTasksCommand({
            cluster: this.#cluster,
            containerInstance,
            maxResults: PAGE_SIZE,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        ),
      );
      tasks.push(...(await this.#describe(page.taskArns ?? [])));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return tasks;
  }

  async #describe(taskArns: readonly string[]): Promise<readonly TaskObservation[]> {
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await callAws('ecs', 'DescribeTasks', () =>
      this.#client.send(new DescribeTasksCommand({ cluster: this.#cluster, tasks: [...taskArns] })),
    );
    return tasks.flatMap((task) => parseTaskObservation(task, this.#port) ?? []);
  }
}
