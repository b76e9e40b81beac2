import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { Access } from '#core/access/find-access.ts';
import { type KnownUsePorts, readKnownUse } from '#core/workbench/queries.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseDeleted } from '../middleware/parse-request.ts';
import { type CostPorts, withCost } from './present-cost.ts';
import {
  presentWorkbench,
  retryAfterHeaders,
  type WarningPort,
  withKeepalive,
  withLastActivity,
  withRole,
} from './present-workbench.ts';

/**
 * GET /workbenches/{wid}: the route that frontends poll. For the owner it makes one GetItem call; for others two, and one
 * BatchGetItem call for their shares. For a running or stopped workbench it also reads its last activity, and what keeps it.
 */
export function build(
  ports: WorkbenchApiPorts & WarningPort & KnownUsePorts & CostPorts,
  settings: WorkbenchApiSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const parsers = { deleted: parseDeleted };
  const get = async ({ workbench, role }: Access) => {
    const use = await readKnownUse(ports, workbench);
    const presented = withKeepalive(
      withLastActivity(presentWorkbench(workbench, settings, ports), use.lastActivity),
      use,
    );
    const item = await withCost(presented, workbench, ports);
    return {
      status: 200,
      headers: retryAfterHeaders(workbench),
      body: { success: true, item: withRole(item, role) },
    };
  };
  return toWorkbenchApiHandler('getWorkbench', ports, settings, parsers, get, ({ deleted }) => deleted);
}
