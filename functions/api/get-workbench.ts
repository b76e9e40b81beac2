import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { type ActivityPorts, getWorkbench, readLastActivity } from '#core/workbench/queries.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';
import {
  presentWorkbench,
  retryAfterHeaders,
  type WarningPort,
  withLastActivity,
} from './present-workbench.ts';

/**
 * GET /workbenches/{wid}: the route that frontends poll. It makes one GetItem call; for a running or stopped workbench also
 * one for its last activity.
 */
export function build(
  ports: ApiPorts & WarningPort & ActivityPorts & { readonly workbenches: Pick<WorkbenchStore, 'read'> },
  settings: ApiSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const parsers = { workbenchId: parseWorkbenchId };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, workbenchId }) => {
    const workbench = await getWorkbench(ports, { userId, workbenchId });
    const lastActivity = (await readLastActivity(ports, [workbench])).get(workbenchId);
    const item = withLastActivity(presentWorkbench(workbench, settings, ports), lastActivity);
    return {
      status: 200,
      headers: retryAfterHeaders(workbench),
      body: { success: true, item },
    };
  });
}
