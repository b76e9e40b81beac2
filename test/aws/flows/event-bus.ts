import {
  type ContainerInstance,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ListContainerInstancesCommand,
  ListTasksCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import type { MotoCluster } from '../cluster-on-moto.ts';
import { functionsStartedBy, invoke } from './functions.ts';

/** EventBridge events, derived from what the emulator describes. */

export interface AwsEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: object;
}

/** `ECS Task State Change`: the task as described, without the fields that events do not have. */
export function taskEvent(task: Task): AwsEvent {
  const { tags: _tags, healthStatus: _health, attachments = [], ...detail } = task;
  return eventOf('aws.ecs', 'ECS Task State Change', [task.taskArn ?? ''], {
    ...detail,
    // DescribeTasks names this type `ElasticNetworkInterface`.
    attachments: attachments.map((attachment) => ({ ...attachment, type: 'eni' })),
  });
}

/** @param version moto reports no version of container instances */
export function containerInstanceEvent(containerInstance: ContainerInstance, version: number): AwsEvent {
  const { tags: _tags, attachments: _attachments, ...detail } = containerInstance;
  const arn = containerInstance.containerInstanceArn ?? '';
  return eventOf('aws.ecs', 'ECS Container Instance State Change', [arn], { ...detail, version });
}

export function instanceEvent(instanceId: string, state: string): AwsEvent {
  const arn = `arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`;
  return eventOf('aws.ec2', 'EC2 Instance State-change Notification', [arn], {
    'instance-id': instanceId,
    state,
  });
}

/** The event after a JSON round trip, so that times are text. */
function eventOf(source: string, detailType: string, resources: readonly string[], detail: object): AwsEvent {
  const event = {
    version: '0',
    id: '8f07966c-b005-4a0f-9ee9-63d2c41448b3',
    'detail-type': detailType,
    source,
    account: '123456789012',
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: 'eu-central-1',
    resources,
    detail,
  };
  return JSON.parse(JSON.stringify(event));
}

/**
 * Replaces EventBridge, because moto sends no events. It reads the cluster and invokes the functions of the matching event
 * type for each resource that has changed since the last read.
 */
export class EventBus {
  readonly #moto: MotoCluster;
  readonly #lastStates = new Map<string, string>();
  readonly #versions = new Map<string, number>();

  constructor(moto: MotoCluster) {
    this.#moto = moto;
  }

  /**
   * @param isDelivered which events are delivered; the others are lost
   * @returns the number of delivered events
   */
  async deliver(isDelivered: (event: AwsEvent) => boolean): Promise<number> {
    const changes = [
      ...(await this.#instanceEvents()),
      ...(await this.#containerInstanceEvents()),
      ...(await this.#taskEvents()),
    ];
    const events = changes.filter(isDelivered);
    for (const event of events) {
      const functions = functionsStartedBy('event', (started) =>
        started.events.some(
          ({ source, detailType }) => source === event.source && detailType === event['detail-type'],
        ),
      );
      if (functions.length === 0) throw new Error(`no function is started by ${event['detail-type']}`);
      // Twice, because delivery is at least once.
      for (const name of [...functions, ...functions]) await invoke(name, event);
    }
    return events.length;
  }

  async #taskEvents(): Promise<readonly AwsEvent[]> {
    const changed = (await listAllTasks(this.#moto)).filter((task) =>
      this.#hasChanged(task.taskArn ?? '', `${task.version} ${task.lastStatus}`),
    );
    return changed.map(taskEvent);
  }

  async #instanceEvents(): Promise<readonly AwsEvent[]> {
    const changed = (await this.#moto.describeInstances()).filter(({ InstanceId = '', State }) =>
      this.#hasChanged(InstanceId, State?.Name ?? ''),
    );
    return changed.map(({ InstanceId = '', State }) => instanceEvent(InstanceId, State?.Name ?? ''));
  }

  async #containerInstanceEvents(): Promise<readonly AwsEvent[]> {
    const { ecs, cluster } = this.#moto;
    const { containerInstanceArns = [] } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
    if (containerInstanceArns.length === 0) return [];
    const { containerInstances = [] } = await ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: containerInstanceArns }),
    );
    const instances = await this.#moto.describeInstances();
    const running = new Set(
      instances.filter(({ State }) => State?.Name === 'running').map(({ InstanceId }) => InstanceId),
    );
    return containerInstances.flatMap((containerInstance) => {
      // On moto an agent stays connected when its instance has stopped.
      const agentConnected = running.has(containerInstance.ec2InstanceId);
      const { containerInstanceArn = '', status, remainingResources } = containerInstance;
      if (
        !this.#hasChanged(containerInstanceArn, JSON.stringify([agentConnected, status, remainingResources]))
      ) {
        return [];
      }
      const version = (this.#versions.get(containerInstanceArn) ?? 0) + 1;
      this.#versions.set(containerInstanceArn, version);
      return [containerInstanceEvent({ ...containerInstance, agentConnected }, version)];
    });
  }

  #hasChanged(id: string, state: string): boolean {
    const changed = this.#lastStates.get(id) !== state;
    this.#lastStates.set(id, state);
    return changed;
  }
}

/** Every task of the cluster, including stopped ones. */
export async function listAllTasks({ ecs, cluster }: MotoCluster): Promise<readonly Task[]> {
  const arns: string[] = [];
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, desiredStatus }));
    arns.push(...taskArns);
  }
  if (arns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: arns }));
  return tasks;
}
