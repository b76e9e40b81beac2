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
};

const REMEDY: Readonly<Record<QuotaName, string>> = {
  workbenches: 'Delete a workbench',
  hosts: 'Delete a workbench with a dedicated instance',
  running: 'Stop a workbench and wait until it has stopped',
  cpu: 'Stop a workbench, or request less CPU',
  memory: 'Stop a workbench, or request less memory',
  gpus: 'Stop a workbench, or request fewer GPUs',
};

/** 403 with the figures. No quota resets with time: capacity is given back. */
export function quotaExceeded(refusal: QuotaRefusal): WorkbenchError {
  const { name, limit, used, requested } = refusal;
  return new WorkbenchError(
    'quota_exceeded',
    `The limit is ${limit} ${WHAT[name]}; ${used} are used, and the request needs ${requested} more. ${REMEDY[name]}, or ask an administrator for a higher limit.`,
    { reason: name, quota: refusal },
  );
}
