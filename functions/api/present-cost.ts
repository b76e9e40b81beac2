import type { CostItem, Estimate } from '#contract/cost-bodies.ts';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { findCurrentCost } from '#core/cost/current-cost.ts';
import { MONTH_HOURS } from '#core/cost/month.ts';
import { type HourlyRates, toUsd } from '#core/cost/rates.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { toIsoTime } from './present-workbench.ts';

export interface CostPorts {
  readonly catalog: SizeCatalog;
  readonly clock: Clock;
}

/** The item with what the workbench costs. Reads nothing: the record and the settings have it. */
export async function withCost(
  item: WorkbenchItem,
  workbench: Workbench,
  { catalog, clock }: CostPorts,
): Promise<WorkbenchItem> {
  const cost = await findCurrentCost(workbench, catalog, clock.now());
  if (cost === undefined) return item;
  const { perHourRunning, perMonthStopped, perMonthFiles, monthToDate } = cost;
  const { files } = workbench;
  const presented: CostItem = {
    ...(perHourRunning === undefined ? {} : { per_hour_running: toUsd(perHourRunning) }),
    ...(perMonthStopped === undefined ? {} : { per_month_stopped: toUsd(perMonthStopped) }),
    ...(files === undefined
      ? {}
      : {
          files: {
            bytes: files.kib * 1024,
            measured_at: toIsoTime(files.at),
            per_month: toUsd(perMonthFiles ?? 0),
          },
        }),
    month_to_date: toUsd(monthToDate),
    ...pricesOf(catalog),
  };
  return { ...item, cost: presented };
}

/** What a new workbench would cost. @param rates undefined: the price is unknown */
export function presentEstimate(rates: HourlyRates | undefined, catalog: SizeCatalog): Estimate {
  return {
    ...(rates === undefined
      ? {}
      : { per_hour_running: toUsd(rates.running), per_month_stopped: toUsd(rates.stopped * MONTH_HOURS) }),
    ...pricesOf(catalog),
  };
}

/** In which currency the amounts are, and which prices they are computed from. */
export function pricesOf({ pricesAsOf }: SizeCatalog): Pick<CostItem, 'currency' | 'basis'> {
  const prices = pricesAsOf === undefined ? 'prices of the settings' : `list prices of ${pricesAsOf}`;
  return { currency: 'USD', basis: `${prices}, not the bill` };
}
