import type { ContainerInstance } from '@aws-sdk/client-ecs';
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import {
  type InstanceRegistrationState,
  MACHINES_LISTED_MAX,
  type MachineInventory,
  type MachineList,
  type MachineObservation,
  type MachineTask,
} from '#core/ports/machine-inventory.ts';
import { containerInstanceIdOf } from '#core/ports/task-runner.ts';
import type { ContainerInstances } from './container-instances.ts';
import type { InstanceTasks } from './instance-tasks.ts';
import { HOST_ATTRIBUTE } from './run-task-input.ts';
import { TRUNK_ATTRIBUTE, toCapacity } from './shared-instance-observation.ts';

/** ECS sets this attribute at the registration of an EC2 instance. */
const INSTANCE_TYPE_ATTRIBUTE = 'ecs.instance-type';

/** The container instances of a cluster as machines. MachineInventory documents the methods. */
export class EcsMachineInventory implements MachineInventory {
  readonly #containerInstances: ContainerInstances;
  readonly #tasks: Pick<InstanceTasks, 'list'>;

  constructor(containerInstances: ContainerInstances, tasks: Pick<InstanceTasks, 'list'>) {
    this.#containerInstances = containerInstances;
    this.#tasks = tasks;
  }

  async find(machineId: string): Promise<MachineObservation | undefined> {
    const found = (await this.#containerInstances.findByInstanceIds([machineId])).get(machineId);
    return found === undefined ? undefined : toMachineObservation(found);
  }

  async setDraining({ containerInstance = '' }: MachineObservation, draining: boolean): Promise<void> {
    await this.#containerInstances.setDraining(containerInstance, draining);
  }

  listTasks({ machineId }: MachineObservation): Promise<readonly MachineTask[]> {
    return this.#tasks.list(machineId);
  }

  async list(): Promise<MachineList> {
    const { instances, complete } = await this.#containerInstances.listAtMost(MACHINES_LISTED_MAX);
    return { machines: instances.flatMap((instance) => toMachineObservation(instance) ?? []), complete };
  }
}

const STATES: Readonly<Record<string, InstanceRegistrationState>> = {
  REGISTERING: 'starting',
  REGISTRATION_FAILED: 'failed',
  ACTIVE: 'active',
  DRAINING: 'draining',
  DEREGISTERING: 'stopping',
};

/** Undefined for a container instance that is not an EC2 instance, or has no ARN. */
function toMachineObservation(instance: ContainerInstance): MachineObservation | undefined {
  const { ec2InstanceId: machineId, containerInstanceArn, attributes = [], status = '' } = instance;
  const { registeredResources = [], remainingResources = [], versionInfo, registeredAt } = instance;
  if (machineId === undefined || containerInstanceArn === undefined) return undefined;
  const attributeOf = (wanted: string) => attributes.find(({ name }) => name === wanted)?.value;
  const dedicated = attributeOf(HOST_ATTRIBUTE) !== undefined;
  const provider = dedicated ? undefined : (instance.capacityProviderName ?? attributeOf(PROVIDER_ATTRIBUTE));
  const instanceType = attributeOf(INSTANCE_TYPE_ATTRIBUTE);
  const agentVersion = versionInfo?.agentVersion;
  return {
    machineId,
    containerInstance: containerInstanceIdOf(containerInstanceArn),
    dedicated,
    ...(provider === undefined ? {} : { provider }),
    ...(instanceType === undefined ? {} : { instanceType }),
    state: STATES[status] ?? 'starting',
    agentConnected: instance.agentConnected ?? false,
    ...(agentVersion === undefined ? {} : { agentVersion }),
    ...(registeredAt === undefined ? {} : { registeredAt: registeredAt.getTime() }),
    trunked: attributes.some(({ name }) => name === TRUNK_ATTRIBUTE),
    tasks: (instance.runningTasksCount ?? 0) + (instance.pendingTasksCount ?? 0),
    ...(registeredResources.length === 0
      ? {}
      : { capacity: toCapacity(registeredResources), free: toCapacity(remainingResources) }),
  };
}
