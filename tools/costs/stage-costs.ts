import { listStages, readStage } from '#lib/settings/read-stage.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { synthesizeStage } from '../synthesize-stage.ts';
import type { AssumedValues } from './assumptions.ts';
import { idleBill, metricsBill } from './idle.ts';
import { pollBill } from './polls.ts';
import type { BillLine } from './prices.ts';
import { type HostCost, hostCosts, type RunningCost, runningCosts } from './running-workbench.ts';
import { stoppedBill, untouchedBills } from './stopped-workbench.ts';
import { type WayOutCost, wayOutCosts } from './way-out.ts';

/** Costs of a stage, by category. */
export interface StageCosts {
  readonly settings: StageSettings;
  /** USD of a month without use. */
  readonly idle: readonly BillLine[];
  /** Each way to the internet. Empty if the VPC exists already. */
  readonly waysOut: readonly WayOutCost[];
  /** Maximum USD of a month for custom metrics. */
  readonly metrics: readonly BillLine[];
  readonly running: readonly RunningCost[];
  readonly hosts: readonly HostCost[];
  /** USD per month of a stopped workbench. */
  readonly stopped: readonly BillLine[];
  readonly untouched: { readonly after60: number; readonly after270: number };
  /** USD of a million polls. */
  readonly polls: readonly BillLine[];
}

/** @throws StageSettingsError */
export async function stageCosts(stage: string, assumed: AssumedValues): Promise<StageCosts> {
  const settings = readStage(stage);
  const templates = await synthesizeStage(settings);
  return {
    settings,
    idle: idleBill(templates, settings, assumed),
    waysOut: await wayOutCosts(settings),
    metrics: metricsBill(templates),
    running: runningCosts(settings, assumed),
    hosts: hostCosts(settings),
    stopped: stoppedBill(assumed),
    untouched: untouchedBills(assumed),
    polls: pollBill(templates, settings, assumed),
  };
}

/** Returns the costs of every stage with a settings file. */
export async function allStageCosts(assumed: AssumedValues): Promise<readonly StageCosts[]> {
  const costs: StageCosts[] = [];
  for (const stage of listStages()) costs.push(await stageCosts(stage, assumed));
  return costs;
}
