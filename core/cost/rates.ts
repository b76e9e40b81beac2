import { dominantShare } from '../placement/capacity.ts';
import { choosePlacement } from '../placement/choose-placement.ts';
import type {
  Capacity,
  CapacityProvider,
  DedicatedInstanceType,
  SizeCatalog,
} from '../ports/capacity-catalog.ts';
import type { WorkbenchSpec } from '../workbench/spec.ts';
import { MONTH_HOURS } from './month.ts';

/**
 * Prices of workbenches. Amounts of money are whole millionths of a USD: sums of them do not depend on their order, and a
 * record needs few bytes for one.
 */

/** Millionths of a USD an hour. */
export interface HourlyRates {
  /** While its task or its host runs. */
  readonly running: number;
  /** While it is stopped: the disk of its host. Its files cost the same in every status: `filesRateOf`. */
  readonly stopped: number;
}

const MICROS_PER_USD = 1_000_000;

export function toMicroUsd(usd: number): number {
  return Math.round(usd * MICROS_PER_USD);
}

export function toUsd(micros: number): number {
  return Math.round(micros) / MICROS_PER_USD;
}

/**
 * The price of the part of a shared instance that a task of this size uses: the price of the instance with its disk ×
 * dominant share. The dominant share includes network interfaces, and what the task leaves of the other resources and no
 * other task can use. The share that other tasks can use is not included, although placement counts a part of it: with
 * it, the workbenches on a full instance would cost more than the instance.
 */
export function shareRateOf(request: Capacity, provider: CapacityProvider): number {
  const { price, diskPrice = 0 } = provider;
  return toMicroUsd((price + diskPrice / MONTH_HOURS) * Math.min(1, dominantShare(request, provider)));
}

/** The price of a host: the whole instance and its disk. Undefined if the price of the instance is unknown. */
export function hostRatesOf({ price, diskPrice = 0 }: DedicatedInstanceType): HourlyRates | undefined {
  if (price === undefined) return undefined;
  const disk = diskPrice / MONTH_HOURS;
  return { running: toMicroUsd(price + disk), stopped: toMicroUsd(disk) };
}

const GIB = 2 ** 30;

/** The price of files of this size, which AWS bills by the GiB. @param gibMonthPrice USD a month */
export function filesRateOf(bytes: number, gibMonthPrice: number): number {
  return toMicroUsd(((bytes / GIB) * gibMonthPrice) / MONTH_HOURS);
}

/**
 * Estimates the cost of a workbench: on the provider that placement would choose for a new instance, or on its host.
 * Undefined if nothing can hold it, or if the price is unknown.
 */
export async function estimateCost(
  spec: WorkbenchSpec,
  sizes: Pick<SizeCatalog, 'providers' | 'instanceTypes'>,
): Promise<HourlyRates | undefined> {
  const [providers, types] = await Promise.all([sizes.providers(), sizes.instanceTypes()]);
  const placement = choosePlacement(spec, providers, types);
  if (placement.kind === 'cannot_fit') return undefined;
  if (placement.kind === 'dedicated') {
    const type = types.find(({ name }) => name === spec.dedicatedInstanceType);
    return type === undefined ? undefined : hostRatesOf(type);
  }
  const provider = providers.find(({ name }) => name === placement.provider);
  return provider === undefined ? undefined : { running: shareRateOf(spec, provider), stopped: 0 };
}
