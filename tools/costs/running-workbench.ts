import { covers, dominantShare } from '#core/placement/capacity.ts';
import type { Capacity } from '#core/ports/capacity-catalog.ts';
import {
  type CapacityProviderSetting,
  DISK_THROUGHPUT_MIN,
  instancePriceOf,
  instanceTypeNameOf,
  providerCapacityOf,
  providerPriceOf,
} from '#lib/settings/capacity.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import type { AssumedValues } from './assumptions.ts';
import { costOf, MONTH_HOURS } from './prices.ts';

type DiskSettings = Pick<CapacityProviderSetting, 'diskGib' | 'diskThroughput'>;

/** Costs of a running workbench on the instances of one capacity provider. */
export interface RunningCost {
  readonly name: string;
  readonly instanceTypes: string;
  readonly spot: boolean;
  /** USD per hour of one instance with its disk. */
  readonly instanceUsd: number;
  /** On instances with a trunk interface, if their types support it. Undefined if the workbench does not fit. */
  readonly trunked: InstanceShare | undefined;
  /** On instances without a trunk interface. Undefined if the workbench does not fit. */
  readonly untrunked: InstanceShare | undefined;
}

/** The part of an instance that a workbench uses. */
export interface InstanceShare {
  /** 0 to 1. */
  readonly share: number;
  /** The largest share is that of the network interfaces. */
  readonly limitedByInterfaces: boolean;
}

/** Returns USD per hour of a workbench on an instance with this utilization. */
export function hourlyCostOf(
  instanceUsd: number,
  used: InstanceShare | undefined,
  utilisation = 1,
): number | undefined {
  return used === undefined ? undefined : Math.min(instanceUsd, (instanceUsd * used.share) / utilisation);
}

/**
 * Returns the costs of a workbench of the assumed size for each capacity provider, with and without `awsvpcTrunking`. It
 * requests one GPU if there are some.
 */
export function runningCosts(
  { capacityProviders }: Pick<StageSettings, 'capacityProviders'>,
  assumed: AssumedValues,
): readonly RunningCost[] {
  return capacityProviders.map((provider) => {
    const { name, instanceTypes, spot } = provider;
    const shareWith = (trunking: boolean): InstanceShare | undefined => {
      const capacity = providerCapacityOf(name, instanceTypes, trunking);
      const request: Capacity = {
        cpuUnits: assumed['workbench-cpu'],
        memoryMib: assumed['workbench-memory'],
        gpuCount: Math.min(1, capacity.gpuCount),
      };
      if (!covers(capacity, request)) return undefined;
      const share = dominantShare(request, capacity);
      const withoutLimit = dominantShare(request, { ...capacity, interfaces: Number.POSITIVE_INFINITY });
      return { share, limitedByInterfaces: share > withoutLimit };
    };
    return {
      name,
      instanceTypes: instanceTypes.map(instanceTypeNameOf).join(', '),
      spot,
      instanceUsd: (providerPriceOf(provider) ?? 0) + diskCostPerMonth(provider) / MONTH_HOURS,
      trunked: shareWith(true),
      untrunked: shareWith(false),
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

export function hostCosts({ dedicated }: Pick<StageSettings, 'dedicated'>): readonly HostCost[] {
  const stopped = diskCostPerMonth(dedicated);
  return dedicated.instanceTypes.map((type) => {
    const price = instancePriceOf(type);
    return {
      name: instanceTypeNameOf(type),
      running: price === undefined ? undefined : price + stopped / MONTH_HOURS,
      stopped,
    };
  });
}

function diskCostPerMonth({ diskGib, diskThroughput }: DiskSettings): number {
  return costOf('disk', diskGib) + costOf('diskThroughput', diskThroughput - DISK_THROUGHPUT_MIN);
}
