import type { Capacity, SizeCatalog } from '../ports/capacity-catalog.ts';
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
  const { provider, acceptsTasks, free, containerInstanceId, version, at } = observation;
  const isConfigured = (await ports.catalog.providers()).some(({ name }) => name === provider);
  if (isConfigured && provider !== undefined && acceptsTasks) {
    await ports.freeCapacity.save({ containerInstanceId, version, at, provider, ...free });
  } else if (isConfigured || (provider === undefined && !acceptsTasks)) {
    // The last event of an instance may no longer name its provider.
    await ports.freeCapacity.remove({ containerInstanceId, version, at });
  }
  return isConfigured;
}
