import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type StartPorts, startWorkbench } from '#core/workbench/commands.ts';
import type { ApiPorts } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type ActionSettings, toActionHandler } from './action-handler.ts';

/** POST /workbenches/{wid}/start */
export function build(
  ports: StartPorts & ApiPorts,
  settings: ActionSettings & SettingsFor<'WB_USER_STARTS_PER_MINUTE'>,
): ApiHandler {
  const limit = { startsPerMinute: settings.WB_USER_STARTS_PER_MINUTE };
  return toActionHandler(ports, settings, (startPorts: StartPorts & ApiPorts, policy, key, by) =>
    startWorkbench(startPorts, policy, key, by, limit),
  );
}
