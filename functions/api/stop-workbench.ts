import { policyOf } from '#contract/settings/policy.ts';
import { isAdmin } from '#core/access/principal.ts';
import { stopWorkbench } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { type ApiPorts, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseForce, parseWorkbenchId } from '../middleware/parse-request.ts';
import { ACTION_ACCEPTED, type ActionSettings } from './action-handler.ts';

/** POST /workbenches/{wid}/stop. It ignores the request's body. */
export function build(ports: RecordPorts & QueuePorts & ApiPorts, settings: ActionSettings): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { workbenchId: parseWorkbenchId, force: parseForce };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, workbenchId, by, force, principal }) => {
    const admin = isAdmin(principal, settings.RESTAPI_ADMIN_SCOPE);
    await stopWorkbench(ports, policy, { userId, workbenchId }, by, force ? { admin } : undefined);
    return ACTION_ACCEPTED;
  });
}
