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

/** EventBridge's events, made of what the emulator describes. */

export interface AwsEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: object;
}

/** `ECS Task State Change` is the task as described, without what events leave out. */
export function taskEvent(task: Task): AwsEvent {
  const { tags: _tags, healthStatus: _health, attachments = [], ...detail } = task;
  return eventOf('aws.ecs', 'ECS Task State Change', [task.taskArn ?? ''], {
    ...detail,
    // The one type has two names.
    attachments: attachments.map((attachment) => ({ ...attachment, type: 'eni' })),
  });
}

/** @param version moto counts none for machines */
export function containerInstanceEvent(machine: ContainerInstance, version: number): AwsEvent {
  const { tags: _tags, attachments: _attachments, ...detail } = machine;
  const arn = machine.containerInstanceArn ?? '';
  return eventOf('aws.ecs', 'ECS Container Instance State Change', [arn], { ...detail, version });
}

export function instanceEvent(instanceId: string, state: string): AwsEvent {
  const arn = `arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`;
  return eventOf('aws.ec2', 'EC2 Instance State-change Notification', [arn], {
    'instance-id': instanceId,
    state,
  });
}

/** As it comes out of JSON: times are text. */
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
 * Stands for EventBridge, to which moto tells nothing: looks at the cluster, and sends an event of each thing that
 * has changed since it last looked to the functions that are started by its kind.
 */
export class EventBus {
  readonly #moto: MotoCluster;
  readonly #lastSeen = new Map<string, string>();
  readonly #versions = new Map<string, number>();

  constructor(moto: MotoCluster) {
    this.#moto = moto;
  }

  /**
   * @param arrives which events do; the others are lost
   * @returns how many have arrived
   */
  async deliver(arrives: (event: AwsEvent) => boolean): Promise<number> {
    const happened = [
      ...(await this.#instanceEvents()),
      ...(await this.#containerInstanceEvents()),
      ...(await this.#taskEvents()),
    ];
    const events = happened.filter(arrives);
    for (const event of events) {
      const functions = functionsStartedBy('event', (started) =>
        started.events.some(
          ({ source, detailType }) => source === event.source && detailType === event['detail-type'],
        ),
      );
      if (functions.length === 0) throw new Error(`nobody takes ${event['detail-type']}`);
      // Each twice: delivery is at least once.
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
    const changed = (await this.#moto.instances()).filter(({ InstanceId = '', State }) =>
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
    const machines = await this.#moto.instances();
    const running = new Set(
      machines.filter(({ State }) => State?.Name === 'running').map(({ InstanceId }) => InstanceId),
    );
    return containerInstances.flatMap((machine) => {
      // moto's agents go on speaking when their machine is off.
      const agentConnected = running.has(machine.ec2InstanceId);
      const { containerInstanceArn = '', status, remainingResources } = machine;
      if (
        !this.#hasChanged(containerInstanceArn, JSON.stringify([agentConnected, status, remainingResources]))
      ) {
        return [];
      }
      const version = (this.#versions.get(containerInstanceArn) ?? 0) + 1;
      this.#versions.set(containerInstanceArn, version);
      return [containerInstanceEvent({ ...machine, agentConnected }, version)];
    });
  }

  #hasChanged(id: string, state: string): boolean {
    const news = this.#lastSeen.get(id) !== state;
    this.#lastSeen.set(id, state);
    return news;
  }
}

/** Every task of the cluster, also those that have stopped. */
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
