import { dominantShare } from '#core/placement/capacity.ts';
import type { Capacity } from '#core/ports/capacity-catalog.ts';
import {
  instancePriceOf,
  instanceTypeNameOf,
  minimumCapacityOf,
  providerPriceOf,
} from '#lib/settings/capacity.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import type { AssumedValues } from './assumptions.ts';
import { costOf, MONTH_HOURS } from './prices.ts';

/** Costs of a running workbench on the instances of one capacity provider. */
export interface RunningCost {
  readonly name: string;
  readonly instanceTypes: string;
  readonly spot: boolean;
  /** USD per hour of one instance with its disk. */
  readonly instanceUsd: number;
  /** The share of an instance that the workbench uses. Undefined if it does not fit. */
  readonly share: number | undefined;
  /** Its largest share is that of the network interfaces. */
  readonly limitedByInterfaces: boolean;
}

/** Returns USD per hour of a workbench on an instance with this utilization. */
export function hourlyCostOf(
  { instanceUsd, share }: Pick<RunningCost, 'instanceUsd' | 'share'>,
  utilisation = 1,
): number | undefined {
  return share === undefined ? undefined : Math.min(instanceUsd, (instanceUsd * share) / utilisation);
}

/**
 * Returns the costs of a workbench of the assumed size for each capacity provider. It requests one GPU if there are
 * some.
 */
export function runningCosts(
  { capacityProviders, ecs }: Pick<StageSettings, 'capacityProviders' | 'ecs'>,
  assumed: AssumedValues,
): readonly RunningCost[] {
  return capacityProviders.map((provider) => {
    const { name, instanceTypes, spot, diskGib } = provider;
    const capacity = minimumCapacityOf(name, instanceTypes);
    const request: Capacity = {
      cpuUnits: assumed['workbench-cpu'],
      memoryMib: assumed['workbench-memory'],
      gpuCount: Math.min(1, capacity.gpuCount),
    };
    const types = instanceTypes.map(instanceTypeNameOf);
    const resources = dominantShare(request, capacity);
    const interfaces = 1 / (maxWorkbenchesOn(types, ecs.awsvpcTrunking) ?? Number.POSITIVE_INFINITY);
    return {
      name,
      instanceTypes: types.join(', '),
      spot,
      instanceUsd: (providerPriceOf(provider) ?? 0) + diskCostPerHour(diskGib),
      share: resources > 1 ? undefined : Math.max(resources, interfaces),
      limitedByInterfaces: interfaces > resources,
    };
  });
}

/** Costs of a host. */
export interface HostCost {
  readonly name: string;
  /** USD per hour while the workbench runs, with the disk. Undefined without a price. */
  readonly running: number | undefined;
  /** USD per month while it is stopped: the disk. */
  readonly stopped: number;
}

export function hostCosts({
  dedicated: { instanceTypes, diskGib },
}: Pick<StageSettings, 'dedicated'>): readonly HostCost[] {
  return instanceTypes.map((type) => {
    const price = instancePriceOf(type);
    return {
      name: instanceTypeNameOf(type),
      running: price === undefined ? undefined : price + diskCostPerHour(diskGib),
      stopped: costOf('disk', diskGib),
    };
  });
}

function diskCostPerHour(diskGib: number): number {
  return costOf('disk', diskGib) / MONTH_HOURS;
}

/**
 * Each workbench needs its own network interface, so that interfaces can limit the number of workbenches. Type →
 * interfaces of the instance, one of which is its own, and interfaces for tasks with `awsvpcTrunking` if the type
 * supports it. From AWS's lists for EC2 and ECS.
 */
export const NETWORK_INTERFACES: Readonly<
  Record<string, { readonly own: number; readonly trunked?: number }>
> = {
  't3.medium': { own: 3 },
  'm6i.large': { own: 3, trunked: 9 },
  'm6i.xlarge': { own: 4, trunked: 18 },
  'm6i.2xlarge': { own: 4, trunked: 38 },
  'c6i.large': { own: 3, trunked: 9 },
  'c6i.xlarge': { own: 4, trunked: 18 },
  'c6i.2xlarge': { own: 4, trunked: 38 },
  'r6i.large': { own: 3, trunked: 9 },
  'r6i.xlarge': { own: 4, trunked: 18 },
  'r6i.2xlarge': { own: 4, trunked: 38 },
  'c5.2xlarge': { own: 4, trunked: 38 },
  'c5.18xlarge': { own: 15, trunked: 107 },
  'g4dn.xlarge': { own: 3, trunked: 39 },
  'g5.xlarge': { own: 4, trunked: 4 },
};

/**
 * Returns the maximum number of workbenches on an instance of any of these types, or undefined if one type is unknown.
 */
export function maxWorkbenchesOn(types: readonly string[], trunking: boolean): number | undefined {
  const limits = types.map((type) => {
    const interfaces = NETWORK_INTERFACES[type];
    return interfaces === undefined
      ? undefined
      : ((trunking ? interfaces.trunked : undefined) ?? interfaces.own - 1);
  });
  return limits.some((limit) => limit === undefined) ? undefined : Math.min(...(limits as number[]));
}
