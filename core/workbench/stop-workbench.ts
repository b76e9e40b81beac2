import { ask, type ChangePorts, type WakePorts } from './change.ts';
import type { Policy } from './lifecycle/policy.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/**
 * Wants it stopped. Cancels a start; changes nothing when it is stopped or on its way there, or being destroyed.
 * @param options.force shortens the waits by the last means, which may end a shared machine: whoever calls this
 *   has checked that they may
 * @throws WorkbenchError `workbench_not_found`, `unavailable`
 */
export async function stopWorkbench(
  ports: ChangePorts & WakePorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  options: { readonly force?: boolean } = {},
): Promise<Workbench> {
  const force = options.force === true ? { force: true } : {};
  return ask(ports, policy, key, () => ({ type: 'stop', by, ...force }));
}
