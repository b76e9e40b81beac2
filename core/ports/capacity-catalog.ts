/**
 * What can be had. Answered from settings and from what has been noted of the cluster: no call to the cloud,
 * so that a request can be checked against it in milliseconds.
 */
export interface CapacityCatalog {
  /** The capacity providers, in the order of preference. */
  providers(): Promise<readonly CapacityProvider[]>;
  /** The instance types that may be dedicated to a workbench. */
  instanceTypes(): Promise<readonly DedicatedInstanceType[]>;
}

/** The largest single request that a size class can hold. 1,024 cpu units = 1 vCPU. */
export interface Capacity {
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
}

export interface CapacityProvider extends Capacity {
  readonly name: string;
}

export interface DedicatedInstanceType extends Capacity {
  readonly name: string;
}
