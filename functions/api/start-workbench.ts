import { RandomIds } from '#adapters/random-ids.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type StartPorts, startWorkbench } from '#core/workbench/commands.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, startRateStore } from '../wiring/table.ts';
import { type ActionSettings, toActionHandler } from './action-handler.ts';

/** POST /workbenches/{wid}/start */
export function build(
  ports: StartPorts,
  settings: ActionSettings & SettingsFor<'WB_USER_STARTS_PER_MINUTE'>,
): ApiHandler {
  const limit = { startsPerMinute: settings.WB_USER_STARTS_PER_MINUTE };
  return toActionHandler(ports, settings, (startPorts: StartPorts, policy, key, by) =>
    startWorkbench(startPorts, policy, key, by, limit),
  );
}

export const handler = createApiHandler('start-workbench', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...recordPorts(wiring, table),
    startRates: startRateStore(table),
    ids: new RandomIds(),
  };
  return build(ports, wiring.settings);
});
