import { dominantShare } from '#core/placement/dominant-share.ts';
import type { Capacity } from '#core/ports/capacity-catalog.ts';
import { instanceTypeNameOf, minimumCapacityOf, instancePriceOf, providerPriceOf } from '#lib/settings/capacity.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import type { AssumedValues } from './assumptions.ts';
import { maxWorkbenchesOn } from './network-interfaces.ts';
import { costOf, MONTH_HOURS } from './prices.ts';

/** What a workbench costs while it runs, on one kind of machine. */
export interface RunningCost {
  readonly name: string;
  readonly instanceTypes: string;
  readonly spot: boolean;
  /** USD an hour of one machine, with its disk. */
  readonly instanceUsd: number;
  /** How much of a machine the workbench takes; undefined when it does not fit. */
  readonly share: number | undefined;
  /** What it takes most of is the machine's network interfaces. */
  readonly limitedByInterfaces: boolean;
}

/** USD an hour of a workbench: its share of a machine of which `utilisation` is taken, by all on it. */
export function hourlyCostOf(
  { machine, share }: Pick<RunningCost, 'machine' | 'share'>,
  utilisation = 1,
): number | undefined {
  return share === undefined ? undefined : Math.min(machine, (machine * share) / utilisation);
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
      machines: types.join(', '),
      spot,
      machine: (providerPriceOf(provider) ?? 0) + diskCostPerHour(diskGib),
      share: resources > 1 ? undefined : Math.max(resources, interfaces),
      byInterfaces: interfaces > resources,
    };
  });
}

/** What a machine of its own costs. */
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
