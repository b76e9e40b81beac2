import { hostIsReady } from './lifecycle/host.ts';
import type { Workbench } from './workbench.ts';

/** What is wanted is what is: nothing need be done or looked at until something is asked or seen. */
export function isSettled(workbench: Workbench): boolean {
  if (workbench.strays.length > 0) return false;
  const { host } = workbench;
  if (workbench.status === 'stopped') return host === undefined || host.state === 'stopped';
  if (workbench.status !== 'running') return false;
  return workbench.run.missingSince === undefined && (host === undefined || hostIsReady(host));
}
