import type { Capacity, SizeCatalog } from '../ports/capacity-catalog.ts';
import type { FreeCapacityStore } from '../ports/free-capacity-store.ts';

/** What is heard of one machine of the cluster. */
export interface InstanceObservation {
  /** Its container instance's id: 1-64 characters. */
  readonly containerInstanceId: string;
  /** The capacity provider that launched it, where that is said. */
  readonly provider?: string;
  /** It takes tasks: in service, and its agent is connected. */
  readonly acceptsTasks: boolean;
  /** What it has left. */
  readonly free: Capacity;
  /** Grows with each change of the machine. */
  readonly version: number;
  /** When it was so, milliseconds since 1970. */
  readonly at: number;
}

/**
 * Keeps in mind what a shared machine has left, for placement. A machine that takes no tasks has no room; nor has
 * one of a provider that is not among ours, on which nothing of ours would be placed.
 * @returns whether it is known to be a shared one of ours
 * @throws PortError when it may not have been kept
 */
export async function updateFreeCapacity(
  ports: { readonly freeCapacity: FreeCapacityStore; readonly catalog: Pick<SizeCatalog, 'providers'> },
  seen: InstanceObservation,
): Promise<boolean> {
  const { provider, acceptsTasks, free, containerInstanceId, version, at } = seen;
  const ours = (await ports.catalog.providers()).some(({ name }) => name === provider);
  if (ours && provider !== undefined && acceptsTasks) {
    await ports.freeCapacity.save({ containerInstanceId, version, at, provider, ...free });
  } else if (ours || (provider === undefined && !acceptsTasks)) {
    // The last that is heard of a machine may no longer say whose it was.
    await ports.freeCapacity.remove({ containerInstanceId, version, at });
  }
  return ours;
}
