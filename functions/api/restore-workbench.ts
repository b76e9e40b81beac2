import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import { provedGroups } from '#core/access/principal.ts';
import { restoreWorkbench } from '#core/workbench/commands.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { toWorkbenchApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import type { ActionPorts, ActionSettings } from './action-handler.ts';
import { presentWorkbench, retryAfterHeaders, type WarningPort, withRole } from './present-workbench.ts';

/** POST /workbenches/{wid}/restore */
export function build(
  ports: ActionPorts & WarningPort,
  settings: ActionSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const policy = policyOf(settings);
  return toWorkbenchApiHandler(
    'restoreWorkbench',
    ports,
    settings,
    {},
    async ({ workbench: first, role, by, principal }) => {
      const groups = provedGroups(principal, first.userId);
      const workbench = await restoreWorkbench(ports, policy, keyOf(first), by, first, groups);
      const item = withRole(presentWorkbench(workbench, settings, ports), role);
      return { status: 200, headers: retryAfterHeaders(workbench), body: { success: true, item } };
    },
    () => true,
  );
}
