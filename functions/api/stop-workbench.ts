import { policyOf } from '#contract/settings/policy.ts';
import { isAdmin } from '#core/access/principal.ts';
import { stopWorkbench } from '#core/workbench/commands.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { toWorkbenchApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseForce } from '../middleware/parse-request.ts';
import { ACTION_ACCEPTED, type ActionPorts, type ActionSettings } from './action-handler.ts';

/** POST /workbenches/{wid}/stop. It ignores the request's body. */
export function build(ports: ActionPorts, settings: ActionSettings): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { force: parseForce };
  return toWorkbenchApiHandler('stopWorkbench', ports, settings, parsers, async (request) => {
    const { workbench, by, force, principal } = request;
    const admin = isAdmin(principal, settings.RESTAPI_ADMIN_SCOPE);
    const options = { first: workbench, ...(force ? { force: { admin } } : {}) };
    await stopWorkbench(ports, policy, keyOf(workbench), by, options);
    return ACTION_ACCEPTED;
  });
}
