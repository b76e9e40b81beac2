import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { type ActivityPorts, listWorkbenches, readLastActivity } from '#core/workbench/queries.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parsePage } from '../middleware/parse-request.ts';
import { encodeCursor } from '../middleware/query.ts';
import { presentWorkbench, type WarningPort, withLastActivity } from './present-workbench.ts';

/** GET /workbenches: one Query call for each page, and one BatchGetItem call for the last activity. */
export function build(
  ports: ApiPorts &
    WarningPort &
    ActivityPorts & { readonly workbenches: Pick<WorkbenchStore, 'listByUser'> },
  settings: ApiSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  return toUserApiHandler(ports, settings, { page: parsePage }, async ({ userId, page }) => {
    const { workbenches, next } = await listWorkbenches(ports, userId, page);
    const lastActivity = await readLastActivity(ports, workbenches);
    const items = workbenches.map((workbench) =>
      withLastActivity(presentWorkbench(workbench, settings, ports), lastActivity.get(workbench.workbenchId)),
    );
    const cursor = next === undefined ? {} : { next_cursor: encodeCursor(userId, next) };
    return { status: 200, body: { success: true, items, ...cursor } };
  });
}
