import type { FreeCapacity } from './capacity-catalog.ts';

/**
 * How long a machine's word counts: 2 hours, in milliseconds. ECS speaks of each machine several times an hour
 * (each placement, each end of a task, each reconnection of its agent), so one that nothing is heard of is most
 * likely gone, and the events that said so were lost.
 */
export const FREE_CAPACITY_MAX_AGE_MS = 2 * 60 * 60 * 1000;

/** The most machines that are listed. */
export const FREE_CAPACITY_LISTED_MAX = 1000;

/** What one shared machine has left, as it was at one moment. */
export interface InstanceFreeCapacity extends FreeCapacity {
  /** Its container instance's id: 1-64 characters. */
  readonly containerInstanceId: string;
  /** Grows with each change of the machine; of two the larger is the newer. */
  readonly version: number;
  /** When it was so, milliseconds since 1970. */
  readonly at: number;
}

/**
 * What shared machines have left, as far as has been heard: kept for placement, which prefers what is paid for
 * already. A hint and never the truth; what is lost here costs a preference.
 *
 * Of a machine only the newest word counts: `note` and `forget` with a version that is not larger than the last
 * one's change nothing, in whatever order they come. All methods throw PortError.
 */
export interface FreeCapacityStore {
  /** Keeps what a machine has left. */
  save(room: InstanceFreeCapacity): Promise<void>;
  /** The machine takes no more tasks, as of this version and time: it is listed no longer. */
  remove(machine: Pick<InstanceFreeCapacity, 'containerInstanceId' | 'version' | 'at'>): Promise<void>;
  /**
   * The machines whose last word was a note not older than FREE_CAPACITY_MAX_AGE_MS at `now` (milliseconds since 1970); at
   * most FREE_CAPACITY_LISTED_MAX, in no order. One cheap read, which may lag by a second.
   */
  list(now: number): Promise<readonly InstanceFreeCapacity[]>;
}
