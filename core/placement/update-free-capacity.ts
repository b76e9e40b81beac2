import type { Capacity, CapacityProvider, SizeCatalog } from '../ports/capacity-catalog.ts';
import type { FreeCapacityStore } from '../ports/free-capacity-store.ts';

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
