import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { InstanceObservation } from '#core/placement/capacity.ts';
import { HOST_ATTRIBUTE } from './run-task-input.ts';
import type { NamedValue } from './task-identity.ts';

/** The fields of a container instance, as in a DescribeContainerInstances response and in the `detail` of an event. */
export interface ContainerInstanceFields {
  readonly containerInstanceArn?: string | undefined;
  readonly version?: number | undefined;
  readonly status?: string | undefined;
  readonly agentConnected?: boolean | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly attributes?: readonly NamedValue[] | undefined;
  readonly registeredResources?: readonly Resource[] | undefined;
  readonly remainingResources?: readonly Resource[] | undefined;
  readonly runningTasksCount?: number | null | undefined;
  readonly pendingTasksCount?: number | null | undefined;
}

interface Resource {
  readonly name?: string | undefined;
  readonly integerValue?: number | undefined;
  /** The ids of GPUs. */
  readonly stringSetValue?: readonly string[] | undefined;
}

/** ECS sets this attribute at the registration of an instance to which it has attached a trunk interface. */
export const TRUNK_ATTRIBUTE = 'ecs.awsvpc-trunk-id';

const CONTAINER_INSTANCE_ID = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Converts the fields of a shared instance. Undefined for a host, and for a container instance without a usable id or
 * version.
 * @param at when ECS reported the fields, milliseconds since 1970
 */
export function toInstanceObservation(
  instance: ContainerInstanceFields,
  at: number,
): InstanceObservation | undefined {
  const { containerInstanceArn = '', version, attributes = [] } = instance;
  const containerInstanceId = containerInstanceArn.slice(containerInstanceArn.lastIndexOf('/') + 1);
  if (!CONTAINER_INSTANCE_ID.test(containerInstanceId) || version === undefined) return undefined;
  if (attributes.some(({ name }) => name === HOST_ATTRIBUTE)) return undefined;
  const providerAttribute = attributes.find(({ name }) => name === PROVIDER_ATTRIBUTE)?.value;
  const provider = instance.capacityProviderName ?? providerAttribute;
  return {
    containerInstanceId,
    ...(provider === undefined ? {} : { provider }),
    acceptsTasks: instance.status === 'ACTIVE' && instance.agentConnected === true,
    free: toCapacity(instance.remainingResources ?? []),
    tasks: countTasks(instance),
    trunked: attributes.some(({ name }) => name === TRUNK_ATTRIBUTE),
    version,
    at,
  };
}

/**
 * Returns a lower bound. The schema of the event has both counts as optional fields, and AWS's example has neither. If they
 * are absent, or do not include a task in PROVISIONING, the use of CPU and memory still shows that there is a task.
 */
function countTasks(instance: ContainerInstanceFields): number {
  const {
    runningTasksCount,
    pendingTasksCount,
    registeredResources = [],
    remainingResources = [],
  } = instance;
  const registered = toCapacity(registeredResources);
  const remaining = toCapacity(remainingResources);
  const isUsed = remaining.cpuUnits < registered.cpuUnits || remaining.memoryMib < registered.memoryMib;
  return Math.max((runningTasksCount ?? 0) + (pendingTasksCount ?? 0), isUsed ? 1 : 0);
}

/** A resource that ECS does not list, or lists with a negative amount, counts as 0. */
export function toCapacity(resources: readonly Resource[]): InstanceObservation['free'] {
  const find = (resource: string) => resources.find(({ name }) => name === resource);
  const gpus = find('GPU');
  return {
    cpuUnits: Math.max(0, find('CPU')?.integerValue ?? 0),
    memoryMib: Math.max(0, find('MEMORY')?.integerValue ?? 0),
    gpuCount: Math.max(0, gpus?.stringSetValue?.length ?? gpus?.integerValue ?? 0),
  };
}
