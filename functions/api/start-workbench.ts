import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type StartPorts, startWorkbench } from '#core/workbench/commands.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type ActionPorts, type ActionSettings, toActionHandler } from './action-handler.ts';

/** POST /workbenches/{wid}/start */
export function build(
  ports: StartPorts & ActionPorts,
  settings: ActionSettings & SettingsFor<'WB_USER_STARTS_PER_MINUTE'>,
): ApiHandler {
  const limits = { startsPerMinute: settings.WB_USER_STARTS_PER_MINUTE };
  return toActionHandler('startWorkbench', ports, settings, (all, policy, key, by, first, groups) =>
    startWorkbench(all, policy, key, by, { limits, first, groups }),
  );
}
