import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { deleteWorkbench } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { workbenchId } from '../middleware/request.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

/** DELETE /workbenches/{wid}. Its body, if any, is not looked at. */
export function build(ports: RecordPorts & QueuePorts, settings: ApiSettings & PolicySettings): ApiHandler {
  const policy = policyOf(settings);
  return toApiHandler(userApi(ports, settings).use(workbenchId()), async ({ userId, workbenchId, by }) => {
    await deleteWorkbench(ports, policy, { userId, workbenchId }, by);
    return { status: 200, body: { success: true } };
  });
}

export const handler = createApiHandler('delete-workbench', (wiring) =>
  build(recordPorts(wiring), wiring.settings),
);
