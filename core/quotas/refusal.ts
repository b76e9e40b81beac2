import { WorkbenchError } from '../errors.ts';
import type { QuotaRefusal } from './ledger.ts';
import type { QuotaName } from './limits.ts';

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
