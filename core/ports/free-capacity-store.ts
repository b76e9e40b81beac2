import type { FreeCapacity } from './capacity-catalog.ts';

/**
 * How long a capacity report stays valid: 2 hours, in milliseconds. ECS sends an event for each instance several times an
 * hour (each placement, each end of a task, each reconnection of its agent). An instance without an event for two hours
 * is most likely terminated, and the events that reported it were lost.
 */
export const FREE_CAPACITY_MAX_AGE_MS = 2 * 60 * 60 * 1000;

/** The maximum number of instances in a list. */
export const FREE_CAPACITY_LISTED_MAX = 1000;

/** The free capacity of one shared instance at one time. */
export interface InstanceFreeCapacity extends FreeCapacity {
  /** Container instance id: 1-64 characters. */
  readonly containerInstanceId: string;
  /** Increases with each change of the instance. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Which version of an instance a report is about. */
export type CapacityVersion = Pick<InstanceFreeCapacity, 'containerInstanceId' | 'version' | 'at'>;

/**
 * The free capacity of shared instances as events reported it, for placement, which prefers running instances. It is a
 * hint: a lost write only makes placement less economical.
 *
 * Only the newest version of an instance counts: `save` and `remove` with a version that is not greater than the stored
 * one change nothing, in any order. All methods throw PortError.
 */
export interface FreeCapacityStore {
  save(freeCapacity: InstanceFreeCapacity): Promise<void>;
  /** The instance accepts no tasks as of this version and time; `list` no longer returns it. */
  remove(instance: CapacityVersion): Promise<void>;
  /**
   * The instances whose last change was a `save` at most FREE_CAPACITY_MAX_AGE_MS before `now` (milliseconds since 1970);
   * at most FREE_CAPACITY_LISTED_MAX, in no order. One read; eventually consistent, about one second.
   */
  list(now: number): Promise<readonly InstanceFreeCapacity[]>;
}
