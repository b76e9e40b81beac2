import { extendBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import { extendWorkbench } from '#core/workbench/commands.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { toWorkbenchApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import type { ActionPorts, ActionSettings } from './action-handler.ts';
import { presentWorkbench, retryAfterHeaders, type WarningPort, withRole } from './present-workbench.ts';

const PARSERS = { body: jsonBodyOf(extendBodySchema()) };

/** POST /workbenches/{wid}/extend */
export function build(
  ports: ActionPorts & WarningPort,
  settings: ActionSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const policy = policyOf(settings);
  return toWorkbenchApiHandler('extendWorkbench', ports, settings, PARSERS, async (request) => {
    const { workbench: first, role, body, by } = request;
    const workbench = await extendWorkbench(ports, policy, keyOf(first), body.minutes, by, first);
    const item = withRole(presentWorkbench(workbench, settings, ports), role);
    return { status: 200, headers: retryAfterHeaders(workbench), body: { success: true, item } };
  });
}
