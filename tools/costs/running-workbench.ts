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

/** What a workbench costs while it runs, on one kind of instance. */
export interface RunningCost {
  readonly name: string;
  readonly instanceTypes: string;
  readonly spot: boolean;
  /** USD an hour of one instance, with its disk. */
  readonly instanceUsd: number;
  /** How much of an instance the workbench takes; undefined when it does not fit. */
  readonly share: number | undefined;
  /** What it takes most of is the instance's network interfaces. */
  readonly limitedByInterfaces: boolean;
}

/** USD an hour of a workbench: its share of an instance of which `utilisation` is taken, by all on it. */
export function hourlyCostOf(
  { instanceUsd, share }: Pick<RunningCost, 'instanceUsd' | 'share'>,
  utilisation = 1,
): number | undefined {
  return share === undefined ? undefined : Math.min(instanceUsd, (instanceUsd * share) / utilisation);
}

/** A workbench of the assumed size in each size class; with one GPU where the machines have some. */
export function runningCosts(
  { capacityProviders, ecs }: Pick<StageSettings, 'capacityProviders' | 'ecs'>,
  assumed: AssumedValues,
): readonly RunningCost[] {
  return capacityProviders.map((provider) => {
    const { name, instanceTypes, spot, diskGib } = provider;
    const offer = minimumCapacityOf(name, instanceTypes);
    const request: Capacity = {
      cpuUnits: assumed['workbench-cpu'],
      memoryMib: assumed['workbench-memory'],
      gpuCount: Math.min(1, offer.gpuCount),
    };
    const types = instanceTypes.map(instanceTypeNameOf);
    const resources = dominantShare(request, offer);
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

/** What a host costs. */
export interface HostCost {
  readonly name: string;
  /** USD an hour while the workbench runs, with the disk; undefined when the price is not known. */
  readonly running: number | undefined;
  /** USD a month while it is stopped: the disk. */
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
 * Each workbench has a network interface of its own, so that an instance may run out of them before it runs out of
 * memory. Type → interfaces of the instance, of which it keeps one; and interfaces for tasks with `awsvpcTrunking`,
 * where the type has that. From AWS's lists for EC2 and ECS.
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

/** How many workbenches an instance of any of these types has interfaces for; undefined when one of them is not known. */
export function maxWorkbenchesOn(types: readonly string[], trunking: boolean): number | undefined {
  const numbers = types.map((type) => {
    const found = NETWORK_INTERFACES[type];
    return found === undefined ? undefined : ((trunking ? found.trunked : undefined) ?? found.own - 1);
  });
  return numbers.some((number) => number === undefined) ? undefined : Math.min(...(numbers as number[]));
}
