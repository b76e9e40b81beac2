import type { Sweep } from '#core/reconcile/report.ts';
import type { FunctionName } from './deployed-functions.ts';

/** The function of each sweep that writes reports. */
export const SWEEP_FUNCTIONS = {
  active: 'sweep-active',
  tasks: 'sweep-tasks-and-hosts',
  hosts: 'sweep-tasks-and-hosts',
  volumes: 'sweep-volumes',
  cluster: 'sweep-cluster',
  quotas: 'sweep-quotas',
} as const satisfies Readonly<Record<Sweep, FunctionName>>;
