import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import { runOf, type Workbench } from '../workbench/workbench.ts';
import { monthToDate } from './metering.ts';
import { MONTH_HOURS } from './month.ts';
import { estimateCost, type HourlyRates } from './rates.ts';

/** What a workbench costs, in millionths of a USD. */
export interface CurrentCost {
  /** An hour while it runs, with its files: of the present run, or estimated for the next one. Undefined if the price is unknown. */
  readonly perHourRunning?: number;
  /** A month while it is stopped, with its files. Undefined if the price is unknown. */
  readonly perMonthStopped?: number;
  /** A month for its files. Undefined until they are measured. */
  readonly perMonthFiles?: number;
  /** In the present month (UTC) until now. */
  readonly monthToDate: number;
}

/**
 * Computes the cost of a workbench from its record and the settings: reads nothing. Undefined if it costs nothing and has
 * cost nothing in this month, as in local mode.
 */
export async function findCurrentCost(
  workbench: Workbench,
  sizes: SizeCatalog,
  now: number,
): Promise<CurrentCost | undefined> {
  const rates = ratesOfRun(workbench) ?? (await estimateCost(workbench.spec, sizes));
  const { files } = workbench;
  const filesRate = files?.rate ?? 0;
  const sum = monthToDate(workbench, now);
  const isFree = rates !== undefined && rates.running + rates.stopped + filesRate === 0;
  if (sum === 0 && isFree) return undefined;
  return {
    ...(rates === undefined
      ? {}
      : {
          perHourRunning: rates.running + filesRate,
          perMonthStopped: (rates.stopped + filesRate) * MONTH_HOURS,
        }),
    ...(files === undefined ? {} : { perMonthFiles: filesRate * MONTH_HOURS }),
    monthToDate: sum,
  };
}

/** The prices of the present placement; those of the settings may have changed since. */
function ratesOfRun(workbench: Workbench): HourlyRates | undefined {
  const { host } = workbench;
  if (host?.rate !== undefined) return { running: host.rate, stopped: host.diskRate ?? 0 };
  const rate = runOf(workbench)?.rate;
  return rate === undefined ? undefined : { running: rate, stopped: 0 };
}
