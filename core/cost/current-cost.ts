import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import { runOf, type Workbench } from '../workbench/workbench.ts';
import { monthToDate } from './metering.ts';
import { MONTH_HOURS } from './month.ts';
import { estimateCost, type HourlyRates } from './rates.ts';

/** What a workbench costs, in millionths of a USD. */
export interface CurrentCost {
  /** An hour while it runs: of the present run, or estimated for the next one. Undefined if the price is unknown. */
  readonly perHourRunning?: number;
  /** A month while it is stopped. Undefined if the price is unknown. */
  readonly perMonthStopped?: number;
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
  const sum = monthToDate(workbench, now);
  if (sum === 0 && rates !== undefined && rates.running === 0 && rates.stopped === 0) return undefined;
  return {
    ...(rates === undefined
      ? {}
      : { perHourRunning: rates.running, perMonthStopped: rates.stopped * MONTH_HOURS }),
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
