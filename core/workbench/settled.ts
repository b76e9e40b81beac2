import { hostIsReady } from './lifecycle/host.ts';
import type { AcceptedRun, Workbench } from './workbench.ts';

/** What is wanted is what is: nothing need be done or looked at until something is asked or seen. */
export function isSettled(workbench: Workbench): boolean {
  if (workbench.strays.length > 0) return false;
  const { host } = workbench;
  if (workbench.status === 'stopped') return host === undefined || host.state === 'stopped';
  if (workbench.status !== 'running') return false;
  return !isInDoubt(workbench.run) && (host === undefined || hostIsReady(host));
}

/** Its task is not found, or its machine is silent. */
function isInDoubt({ missingSince, silentSince }: AcceptedRun): boolean {
  return missingSince !== undefined || silentSince !== undefined;
}
