/**
 * The available sizes and prices. They come from settings alone, without a call to AWS or to the table, so that a request
 * is validated in milliseconds.
 */
export interface SizeCatalog {
  /** The capacity providers, at most 20, in display order. Names are unique. */
  providers(): Promise<readonly CapacityProvider[]>;
  /** The instance types that the host of a workbench may have. */
  instanceTypes(): Promise<readonly DedicatedInstanceType[]>;
  /** The month of the list prices, `YYYY-MM`; undefined if it is not known. */
  readonly pricesAsOf?: string | undefined;
}

/** The sizes, and the current free capacity for placement. No method calls AWS. */
export interface CapacityCatalog extends SizeCatalog {
  /**
   * Free capacity of the running shared instances, at most FREE_CAPACITY_LISTED_MAX of them, in no order. A hint: it is
   * seconds old, may miss an instance, and may list one that no longer exists. It may decide which provider is preferred,
   * never whether a request fits. Never throws: if nothing is known it returns an empty list.
   */
  freeCapacity(): Promise<readonly FreeCapacity[]>;
  /**
   * Records that a request was placed on this provider. Until an event of the cluster reports the change,
   * `freeCapacity` subtracts the request from the fullest instance that can hold it, so that a burst of requests is
   * not placed on the same free capacity.
   */
  reserve(provider: string, request: Capacity): void;
}

/** 1,024 CPU units = 1 vCPU. A request implies one network interface: each task has its own. */
export interface Capacity {
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
}

/** What a shared instance offers to tasks. */
export interface InstanceCapacity extends Capacity {
  /** Network interfaces for tasks, and thus the maximum number of tasks. Infinite if tasks need none. */
  readonly interfaces: number;
}

/** A group of shared instances of one size. The capacity is that of a new instance. */
export interface CapacityProvider extends InstanceCapacity {
  readonly name: string;
  /** Network interfaces for tasks on an instance with a trunk interface. @default interfaces */
  readonly trunkedInterfaces?: number | undefined;
  /** Network interfaces for tasks on an instance without a trunk interface. @default interfaces */
  readonly untrunkedInterfaces?: number | undefined;
  /** USD per hour of one instance; 0 if an instance causes no further cost. */
  readonly price: number;
  /** USD per month of the disk of an instance. @default 0 */
  readonly diskPrice?: number | undefined;
}

/** The free capacity of one instance of a provider. */
export interface FreeCapacity extends InstanceCapacity {
  readonly provider: string;
}

export interface DedicatedInstanceType extends Capacity {
  readonly name: string;
  /** USD per hour; absent if it is unknown. */
  readonly price?: number | undefined;
  /** USD per month of its disk, also while it is stopped. @default 0 */
  readonly diskPrice?: number | undefined;
}
