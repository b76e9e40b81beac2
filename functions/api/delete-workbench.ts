import { policyOf } from '#contract/settings/policy.ts';
import { deleteWorkbench } from '#core/workbench/commands.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { toWorkbenchApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseNow } from '../middleware/parse-request.ts';
import type { ActionPorts, ActionSettings } from './action-handler.ts';
import { presentDeletion } from './present-workbench.ts';

/** DELETE /workbenches/{wid}. Repeated, it gets the same response until the record is deleted. */
export function build(ports: ActionPorts, settings: ActionSettings): ApiHandler {
  const policy = policyOf(settings);
  return toWorkbenchApiHandler(
    'deleteWorkbench',
    ports,
    settings,
    { now: parseNow },
    async ({ workbench: first, by, now }) => {
      const workbench = await deleteWorkbench(ports, policy, keyOf(first), by, { first, immediately: now });
      const { restorable_until } = presentDeletion(workbench);
      return { status: 200, body: { success: true, ...(restorable_until ? { restorable_until } : {}) } };
    },
    () => true,
  );
}
