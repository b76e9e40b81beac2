import { systemClock } from '#adapters/system-clock.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { getWorkbench } from '#core/workbench/queries.ts';
import { type ApiPorts, type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { workbenchId } from '../middleware/request.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';
import { presentWorkbench, retryAfterHeaders } from './present-workbench.ts';

/** GET /workbenches/{wid}: what frontends poll. One GetItem and nothing else. */
export function build(
  ports: ApiPorts & { readonly workbenches: Pick<WorkbenchStore, 'read'> },
  settings: ApiSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  return toApiHandler(userApi(ports, settings).use(workbenchId()), async ({ userId, workbenchId }) => {
    const workbench = await getWorkbench(ports, { userId, workbenchId });
    return {
      status: 200,
      headers: retryAfterHeaders(workbench),
      body: { success: true, item: presentWorkbench(workbench, settings) },
    };
  });
}

export const handler = createApiHandler('get-workbench', (wiring) => {
  const { settings, telemetry } = wiring;
  return build({ workbenches: workbenchStore(openTable(wiring)), clock: systemClock, telemetry }, settings);
});
