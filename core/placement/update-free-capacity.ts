import type { Capacity, SizeCatalog } from '../ports/capacity-catalog.ts';
import type { RoomStore } from '../ports/free-capacity-store.ts';

/** What is heard of one machine of the cluster. */
export interface MachineObservation {
  /** Its container instance's id: 1-64 characters. */
  readonly machineId: string;
  /** The capacity provider that launched it, where that is said. */
  readonly provider?: string;
  /** It takes tasks: in service, and its agent is connected. */
  readonly takesTasks: boolean;
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
export async function observeMachine(
  ports: { readonly rooms: RoomStore; readonly catalog: Pick<SizeCatalog, 'providers'> },
  seen: MachineObservation,
): Promise<boolean> {
  const { provider, takesTasks, free, machineId, version, at } = seen;
  const ours = (await ports.catalog.providers()).some(({ name }) => name === provider);
  if (ours && provider !== undefined && takesTasks) {
    await ports.rooms.save({ machineId, version, at, provider, ...free });
  } else if (ours || (provider === undefined && !takesTasks)) {
    // The last that is heard of a machine may no longer say whose it was.
    await ports.rooms.remove({ machineId, version, at });
  }
  return ours;
}
