/**
 * What can be had, by size and price. Answered from settings alone: no call to the cloud and none to the table,
 * so that a request can be checked against it in milliseconds.
 */
export interface SizeCatalog {
  /** The capacity providers, at most 20, in the order in which they are shown to people. Names are unique. */
  providers(): Promise<readonly CapacityProvider[]>;
  /** The instance types that may be dedicated to a workbench. */
  instanceTypes(): Promise<readonly DedicatedInstanceType[]>;
}

/** The same, and what is free just now: for whoever decides where a workbench goes. Still no call to the cloud. */
export interface CapacityCatalog extends SizeCatalog {
  /**
   * What is free on machines that are paid for already, at most FREE_CAPACITY_LISTED_MAX of them, in no order. A hint: it is
   * old by seconds, may lack a machine, and may name one that is gone. So it may decide what is preferred, never
   * what is possible. Never fails: where nothing is known there is no room.
   */
  freeCapacity(): Promise<readonly FreeCapacity[]>;
  /**
   * Tells that a request goes to this provider. Until the cluster itself is heard to say so, `room` answers as
   * if the tightest of its machines that can hold it did: of a burst of requests not all go after one place.
   */
  reserve(provider: string, request: Capacity): void;
}

/** 1,024 cpu units = 1 vCPU. */
export interface Capacity {
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
}

/** A size class: machines of one kind, each of which offers this much to tasks. */
export interface CapacityProvider extends Capacity {
  readonly name: string;
  /** USD per hour of one machine; 0 for what costs nothing more. */
  readonly price: number;
}

/** What one machine of a provider has left. */
export interface FreeCapacity extends Capacity {
  readonly provider: string;
}

export interface DedicatedInstanceType extends Capacity {
  readonly name: string;
}
