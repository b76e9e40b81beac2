import { type SizeSettings, toChanges, updateBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import { updateWorkbench } from '#core/workbench/commands.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { toWorkbenchApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import type { ActionPorts, ActionSettings } from './action-handler.ts';
import { presentWorkbench, retryAfterHeaders, type WarningPort, withRole } from './present-workbench.ts';

/** PATCH /workbenches/{wid} */
export function build(
  ports: ActionPorts & WarningPort & { readonly catalog: SizeCatalog },
  settings: ActionSettings & SizeSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { body: jsonBodyOf(updateBodySchema(settings)) };
  return toWorkbenchApiHandler('updateWorkbench', ports, settings, parsers, async (request) => {
    const { workbench: first, role, body, by } = request;
    const workbench = await updateWorkbench(ports, policy, keyOf(first), toChanges(body), by, first);
    const item = withRole(presentWorkbench(workbench, settings, ports), role);
    return { status: 200, headers: retryAfterHeaders(workbench), body: { success: true, item } };
  });
}
