import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { InstanceObservation } from '#core/placement/update-free-capacity.ts';
import { HOST_ATTRIBUTE } from './run-task-input.ts';
import type { NamedValue } from './task-identity.ts';

/** What is read of a container instance, be it from DescribeContainerInstances' answer or from an event's `detail`. */
export interface ContainerInstanceFields {
  readonly containerInstanceArn?: string | undefined;
  readonly version?: number | undefined;
  readonly status?: string | undefined;
  readonly agentConnected?: boolean | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly attributes?: readonly NamedValue[] | undefined;
  readonly remainingResources?: readonly Resource[] | undefined;
}

interface Resource {
  readonly name?: string | undefined;
  readonly integerValue?: number | undefined;
  /** GPUs, by their ids. */
  readonly stringSetValue?: readonly string[] | undefined;
}

const CONTAINER_INSTANCE_ID = /^[A-Za-z0-9-]{1,64}$/;

/**
 * What ECS says of a shared machine; undefined for a dedicated one, and for one that cannot be told from others.
 * @param at when it was so, milliseconds since 1970
 */
export function toInstanceObservation(
  instance: ContainerInstanceFields,
  at: number,
): InstanceObservation | undefined {
  const { containerInstanceArn = '', version, attributes = [] } = instance;
  const containerInstanceId = containerInstanceArn.slice(containerInstanceArn.lastIndexOf('/') + 1);
  if (!CONTAINER_INSTANCE_ID.test(containerInstanceId) || version === undefined) return undefined;
  if (attributes.some(({ name }) => name === HOST_ATTRIBUTE)) return undefined;
  const named = attributes.find(({ name }) => name === PROVIDER_ATTRIBUTE)?.value;
  const provider = instance.capacityProviderName ?? named;
  return {
    containerInstanceId,
    ...(provider === undefined ? {} : { provider }),
    acceptsTasks: instance.status === 'ACTIVE' && instance.agentConnected === true,
    free: remainingCapacity(instance.remainingResources ?? []),
    version,
    at,
  };
}

/** What is not said is not there. */
function remainingCapacity(resources: readonly Resource[]): InstanceObservation['free'] {
  const of = (wanted: string) => resources.find(({ name }) => name === wanted);
  const gpus = of('GPU');
  return {
    cpuUnits: Math.max(0, of('CPU')?.integerValue ?? 0),
    memoryMib: Math.max(0, of('MEMORY')?.integerValue ?? 0),
    gpuCount: Math.max(0, gpus?.stringSetValue?.length ?? gpus?.integerValue ?? 0),
  };
}
