import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { isAdmin } from '#core/access/principal.ts';
import { stopWorkbench } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { force, workbenchId } from '../middleware/request.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

/** POST /workbenches/{wid}/stop. Its body, if any, is not looked at. */
export function build(ports: RecordPorts & QueuePorts, settings: ApiSettings & PolicySettings): ApiHandler {
  const policy = policyOf(settings);
  return toApiHandler(
    userApi(ports, settings).use(workbenchId()).use(force()),
    async ({ userId, workbenchId, by, forced, principal }) => {
      const admin = isAdmin(principal, settings.RESTAPI_ADMIN_SCOPE);
      await stopWorkbench(ports, policy, { userId, workbenchId }, by, forced ? { admin } : undefined);
      return { status: 200, body: { success: true } };
    },
  );
}

export const handler = createApiHandler('stop-workbench', (wiring) =>
  build(recordPorts(wiring), wiring.settings),
);
