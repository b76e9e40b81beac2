import type {
  Capacity,
  CapacityProvider,
  FreeCapacity,
  InstanceCapacity,
  SizeCatalog,
} from '../ports/capacity-catalog.ts';
import type { FreeCapacityStore } from '../ports/free-capacity-store.ts';

const RESOURCES = ['cpuUnits', 'memoryMib', 'gpuCount'] as const satisfies readonly (keyof Capacity)[];

/** Whether the available CPU, memory and GPUs suffice for the request. */
export function covers(available: Capacity, request: Capacity): boolean {
  return RESOURCES.every((resource) => request[resource] <= available[resource]);
}

/** Whether the request fits into the available capacity in every resource, network interfaces included. */
export function canHold(available: InstanceCapacity, request: Capacity): boolean {
  return available.interfaces >= 1 && covers(available, request);
}

/**
 * The dominant share of a request on an instance: the largest of its shares of CPU, memory, GPUs and network interfaces.
 * Once that resource is used up, what is left of the others cannot be used. 0 to 1 if the instance can hold the request.
 */
export function dominantShare(request: Capacity, instance: InstanceCapacity): number {
  const shares = RESOURCES.map((resource) => share(request[resource], instance[resource]));
  return Math.max(1 / instance.interfaces, ...shares);
}

/**
 * The largest share of CPU, memory or GPUs that would stay unused on the instance: 0 if all are used up. Unused network
 * interfaces do not count. They cost nothing, and with trunking most of them stay unused on any instance.
 */
export function unusedShare(request: Capacity, free: Capacity, instance: Capacity): number {
  return Math.max(
    ...RESOURCES.map((resource) => share(free[resource] - request[resource], instance[resource])),
  );
}

/** 0 of 0 counts as a share of 0. */
function share(part: number, whole: number): number {
  return part === 0 ? 0 : part / whole;
}

/**
 * Returns the instance of this provider on which ECS would place the request: the one with the least free memory that
 * can hold it, because RunTask uses `binpack` by memory. Undefined if the task would have to wait for a new instance.
 */
export function findInstanceFor(
  request: Capacity,
  provider: string,
  freeCapacity: readonly FreeCapacity[],
): FreeCapacity | undefined {
  let best: FreeCapacity | undefined;
  for (const instance of freeCapacity) {
    if (instance.provider !== provider || !canHold(instance, request)) continue;
    if (best === undefined || instance.memoryMib < best.memoryMib) best = instance;
  }
  return best;
}

/** The free capacity after the request was placed on the provider; unchanged if the task waits for a new instance. */
export function freeCapacityAfter(
  request: Capacity,
  provider: string,
  freeCapacity: readonly FreeCapacity[],
): readonly FreeCapacity[] {
  const chosen = findInstanceFor(request, provider, freeCapacity);
  if (chosen === undefined) return freeCapacity;
  return freeCapacity.map((instance) =>
    instance === chosen
      ? {
          ...instance,
          cpuUnits: instance.cpuUnits - request.cpuUnits,
          memoryMib: instance.memoryMib - request.memoryMib,
          gpuCount: instance.gpuCount - request.gpuCount,
          interfaces: instance.interfaces - 1,
        }
      : instance,
  );
}

/** The state of one container instance as an event reports it. */
export interface InstanceObservation {
  /** Container instance id: 1-64 characters. */
  readonly containerInstanceId: string;
  /** The capacity provider that launched it; absent if the event does not name one. */
  readonly provider?: string;
  /** It is active and its agent is connected. */
  readonly acceptsTasks: boolean;
  readonly free: Capacity;
  /** Tasks on it, each with a network interface. A lower bound if the event does not say how many. */
  readonly tasks: number;
  /** It has a trunk interface. The account setting does not tell: it affects only instances that were launched after it. */
  readonly trunked: boolean;
  /** Increases with each change of the container instance. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Stores the free capacity of a shared instance for placement. An instance that accepts no tasks is removed. Instances of
 * providers that are not configured are ignored: no run is placed on them.
 * @returns whether the instance belongs to a configured provider
 * @throws PortError if the free capacity may not have been stored
 */
export async function updateFreeCapacity(
  ports: { readonly freeCapacity: FreeCapacityStore; readonly catalog: Pick<SizeCatalog, 'providers'> },
  observation: InstanceObservation,
): Promise<boolean> {
  const { acceptsTasks, free, tasks, containerInstanceId, version, at } = observation;
  const provider = (await ports.catalog.providers()).find(({ name }) => name === observation.provider);
  if (provider !== undefined && acceptsTasks) {
    const interfaces = Math.max(0, interfacesOf(provider, observation) - tasks);
    const capacity = { provider: provider.name, ...free, interfaces };
    await ports.freeCapacity.save({ containerInstanceId, version, at, ...capacity });
  } else if (provider !== undefined || (observation.provider === undefined && !acceptsTasks)) {
    // The last event of an instance may no longer name its provider.
    await ports.freeCapacity.remove({ containerInstanceId, version, at });
  }
  return provider !== undefined;
}

function interfacesOf(
  { interfaces, trunkedInterfaces = interfaces, untrunkedInterfaces = interfaces }: CapacityProvider,
  { trunked }: InstanceObservation,
): number {
  return trunked ? trunkedInterfaces : untrunkedInterfaces;
}
