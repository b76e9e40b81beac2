/** The size of an EC2 instance type. */
export interface InstanceSize {
  readonly vcpus: number;
  /** MiB as AWS states it, including the memory that the kernel and the ECS agent use. */
  readonly memoryMib: number;
  readonly gpus: number;
  readonly architecture: Architecture;
}

export type Architecture = 'x86_64' | 'arm64';

export interface KnownInstanceType extends InstanceSize {
  /**
   * On demand, Linux, us-east-1, USD per hour. AWS price list of July 2026. Other regions differ by a few percent to a
   * third.
   */
  readonly pricePerHour: number;
}

const GIB = 1024;

function x86(vcpus: number, memoryGib: number, pricePerHour: number, gpus = 0): KnownInstanceType {
  return { vcpus, memoryMib: memoryGib * GIB, gpus, architecture: 'x86_64', pricePerHour };
}

/** Types that settings can refer to by name. Any other type needs its size and price in the settings. */
export const KNOWN_INSTANCE_TYPES: Readonly<Record<string, KnownInstanceType>> = {
  't3.medium': x86(2, 4, 0.0416),
  'm6i.large': x86(2, 8, 0.096),
  'm6i.xlarge': x86(4, 16, 0.192),
  'm6i.2xlarge': x86(8, 32, 0.384),
  'c6i.large': x86(2, 4, 0.085),
  'c6i.xlarge': x86(4, 8, 0.17),
  'c6i.2xlarge': x86(8, 16, 0.34),
  'r6i.large': x86(2, 16, 0.126),
  'r6i.xlarge': x86(4, 32, 0.252),
  'r6i.2xlarge': x86(8, 64, 0.504),
  'c5.2xlarge': x86(8, 16, 0.34),
  'c5.18xlarge': x86(72, 144, 3.06),
  'g4dn.xlarge': x86(4, 16, 0.526, 1),
  'g5.xlarge': x86(4, 16, 1.006, 1),
};

/**
 * The share of an instance type's memory that tasks can certainly use. The actual value (the total of the kernel
 * minus
 * the reserve of the agent) is known only after registration: a c5.2xlarge registers 15,577 of 16,384 MiB.
 */
const MEMORY_SHARE = 0.9;

/** Returns the largest request that an instance of this size can hold. 1,024 CPU units are one vCPU. */
export function allocatableCapacityOf({ vcpus, memoryMib, gpus }: Omit<InstanceSize, 'architecture'>): {
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
} {
  return { cpuUnits: vcpus * 1024, memoryMib: Math.floor(memoryMib * MEMORY_SHARE), gpuCount: gpus };
}
