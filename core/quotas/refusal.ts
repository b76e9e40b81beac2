import { type ListUsagePorts, sumUsage } from '../cost/list-usage.ts';
import { monthOf, startOfNextMonth } from '../cost/month.ts';
import { toUsd } from '../cost/rates.ts';
import { WorkbenchError } from '../errors.ts';
import type { Held } from './held.ts';
import type { QuotaRefusal } from './ledger.ts';
import { type LimitsInForce, QUOTA_UNITS, type QuotaName } from './limits.ts';

const NAME = 'usd_per_month';

/** What the workbenches of a user have cost in the month of `now`, in USD. Two queries for each 100 workbenches. */
export async function readMonthlyUsd(ports: ListUsagePorts, userId: string, now: number): Promise<number> {
  return toUsd(await sumUsage(ports, userId, monthOf(now), now));
}

/**
 * Returns the limit of the month if it is used up and the workbench would start to run. Reads nothing without a limit.
 * Running workbenches continue, so that more than the limit can be used.
 * @param before what the workbench holds already
 */
export async function findSpent(
  ports: ListUsagePorts,
  userId: string,
  { before, held }: { readonly before: Held; readonly held: Held },
  limits: LimitsInForce,
  now: number,
): Promise<QuotaRefusal | undefined> {
  const { max, source = 'installation' } = limits[NAME];
  if (max === null || (held.running ?? 0) <= (before.running ?? 0)) return undefined;
  const used = await readMonthlyUsd(ports, userId, now);
  if (used < max) return undefined;
  const figures = { name: NAME, limit: max, used, requested: 0 } as const;
  return { ...figures, scope: source, unit: QUOTA_UNITS[NAME], resetsAt: startOfNextMonth(now) };
}

const WHAT: Readonly<Record<QuotaName, string>> = {
  workbenches: 'workbenches',
  hosts: 'workbenches on dedicated instances',
  running: 'running workbenches',
  cpu: 'CPU units of running workbenches',
  memory: 'MiB of memory of running workbenches',
  gpus: 'GPUs of running workbenches',
  usd_per_month: 'USD in a month',
};

const REMEDY: Readonly<Record<QuotaName, string>> = {
  workbenches: 'Delete a workbench',
  hosts: 'Delete a workbench with a dedicated instance',
  running: 'Stop a workbench and wait until it has stopped',
  cpu: 'Stop a workbench, or request less CPU',
  memory: 'Stop a workbench, or request less memory',
  gpus: 'Stop a workbench, or request fewer GPUs',
  usd_per_month: 'Stop what you do not need and wait for the next month',
};

/** 403 with the figures. Only the cost of a month resets with time: capacity is given back. */
export function quotaExceeded(refusal: QuotaRefusal): WorkbenchError {
  const { name, limit, used, requested } = refusal;
  const more = requested === 0 ? '' : `, and the request needs ${requested} more`;
  return new WorkbenchError(
    'quota_exceeded',
    `The limit is ${limit} ${WHAT[name]}; ${used} are used${more}. ${REMEDY[name]}, or ask an administrator for a higher limit.`,
    { reason: name, quota: refusal },
  );
}
