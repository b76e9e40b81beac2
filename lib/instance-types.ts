import { RESERVED_MEMORY } from '#contract/instance-user-data.ts';

/** The size of an EC2 instance type. */
export interface InstanceSize {
  readonly vcpus: number;
  /** MiB as AWS states it, including the memory that the kernel and the ECS agent use. */
  readonly memoryMib: number;
  readonly gpus: number;
  readonly architecture: Architecture;
  /** The maximum number of network interfaces, as EC2 states it. One is the instance's own, each task needs one. */
  readonly networkInterfaces: number;
  /** The maximum number of tasks with `awsvpcTrunking`. Undefined if the type does not support it. */
  readonly trunkedTasks?: number | undefined;
}

/** The month of the prices of instances in this file. */
export const PRICES_AS_OF = '2026-07';

/** Prices of gp3 disks a month in us-east-1, USD: of a GiB, and of 1 MiB/s in excess of 125 MiB/s. */
export const DISK_PRICES = { gib: 0.08, throughput: 0.04 } as const;

/** Prices of files on EFS and of their backups in us-east-1, USD a GiB and month. */
export const FILE_PRICES = { files: 0.3, backups: 0.05 } as const;

export type Architecture = 'x86_64' | 'arm64';

export interface KnownInstanceType extends InstanceSize {
  /**
   * On demand, Linux, us-east-1, USD per hour. AWS price list of July 2026. Other regions differ by a few percent to a
   * third.
   */
  readonly pricePerHour: number;
}

const GIB = 1024;

function x86(
  vcpus: number,
  memoryGib: number,
  pricePerHour: number,
  interfaces: Pick<InstanceSize, 'networkInterfaces' | 'trunkedTasks'>,
  gpus = 0,
): KnownInstanceType {
  return { vcpus, memoryMib: memoryGib * GIB, gpus, architecture: 'x86_64', pricePerHour, ...interfaces };
}

/** Trunking is not available for this type. */
function untrunked(networkInterfaces: number): Pick<InstanceSize, 'networkInterfaces'> {
  return { networkInterfaces };
}

function trunked(
  networkInterfaces: number,
  trunkedTasks: number,
): Pick<InstanceSize, 'networkInterfaces' | 'trunkedTasks'> {
  return { networkInterfaces, trunkedTasks };
}

/**
 * Types that settings can refer to by name. Any other type needs its size and price in the settings.
 *
 * Network interfaces: EC2 User Guide, "Maximum IP addresses per network interface". Tasks with trunking: ECS Developer
 * Guide, "Increasing Amazon ECS Linux container instance network interfaces" (docs.aws.amazon.com/AmazonECS/latest/
 * developerguide/container-instance-eni.html), as of August 2026; the numbers of r6i are from a copy of 2023. The page
 * lists g4dn as not supported. EKS publishes other numbers (9, 18, 38, 107) for its own use of trunks.
 */
export const KNOWN_INSTANCE_TYPES: Readonly<Record<string, KnownInstanceType>> = {
  't3.medium': x86(2, 4, 0.0416, untrunked(3)),
  'm6i.large': x86(2, 8, 0.096, trunked(3, 10)),
  'm6i.xlarge': x86(4, 16, 0.192, trunked(4, 20)),
  'm6i.2xlarge': x86(8, 32, 0.384, trunked(4, 40)),
  'c6i.large': x86(2, 4, 0.085, trunked(3, 10)),
  'c6i.xlarge': x86(4, 8, 0.17, trunked(4, 20)),
  'c6i.2xlarge': x86(8, 16, 0.34, trunked(4, 40)),
  'r6i.large': x86(2, 16, 0.126, trunked(3, 10)),
  'r6i.xlarge': x86(4, 32, 0.252, trunked(4, 20)),
  'r6i.2xlarge': x86(8, 64, 0.504, trunked(4, 40)),
  'c5.2xlarge': x86(8, 16, 0.34, trunked(4, 40)),
  'c5.18xlarge': x86(72, 144, 3.06, trunked(15, 120)),
  'g4dn.xlarge': x86(4, 16, 0.526, untrunked(3), 1),
  'g5.xlarge': x86(4, 16, 1.006, trunked(4, 6), 1),
};

/**
 * The share of an instance type's memory that tasks can certainly use. The actual value (the total of the kernel minus
 * RESERVED_MEMORY) is known only after registration: the kernel of a c5.2xlarge reports 15,577 of 16,384 MiB.
 */
const MEMORY_SHARE = 0.9;

/** The share that the kernel reports. The smallest known is that of a t3.medium, about 3,850 of 4,096 MiB. */
const KERNEL_SHARE = 0.94;

/** Returns the largest request that an instance of this size can hold. 1,024 CPU units are one vCPU. */
export function allocatableCapacityOf({
  vcpus,
  memoryMib,
  gpus,
}: Pick<InstanceSize, 'vcpus' | 'memoryMib' | 'gpus'>): {
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
} {
  const { percent, minimumMib } = RESERVED_MEMORY;
  const reserved = Math.max(minimumMib, Math.ceil((memoryMib * percent) / 100));
  const registered = Math.floor(memoryMib * KERNEL_SHARE) - reserved;
  return {
    cpuUnits: vcpus * 1024,
    memoryMib: Math.min(Math.floor(memoryMib * MEMORY_SHARE), registered),
    gpuCount: gpus,
  };
}

/**
 * Returns the number of tasks for which an instance of this type has network interfaces, with or without a trunk
 * interface. Tasks do not use the instance's own interface.
 */
export function taskInterfacesOf(
  { networkInterfaces, trunkedTasks }: Pick<InstanceSize, 'networkInterfaces' | 'trunkedTasks'>,
  hasTrunk: boolean,
): number {
  return (hasTrunk ? trunkedTasks : undefined) ?? networkInterfaces - 1;
}
