import { findMisfit } from '../placement/choose-placement.ts';
import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import type { WorkbenchSpec } from '../workbench/spec.ts';
import { estimateCost, type HourlyRates } from './rates.ts';

/** What users can choose by name, with the workbench that it leads to. */
export interface Offer<T> {
  readonly offer: T;
  readonly spec: WorkbenchSpec;
}

export interface PricedOffer<T> extends Offer<T> {
  /** Undefined: the price is unknown. */
  readonly rates: HourlyRates | undefined;
}

/** Returns the offers that the installation can hold, each with its price. */
export async function priceOffers<T>(
  offers: readonly Offer<T>[],
  catalog: SizeCatalog,
): Promise<readonly PricedOffer<T>[]> {
  const priced = await Promise.all(
    offers.map(async (each) => {
      const fits = (await findMisfit(each.spec, catalog)) === undefined;
      return fits ? [{ ...each, rates: await estimateCost(each.spec, catalog) }] : [];
    }),
  );
  return priced.flat();
}
