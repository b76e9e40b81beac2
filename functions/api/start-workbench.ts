import { RandomIds } from '#adapters/random-ids.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { Ids } from '#core/ports/ids.ts';
import { startWorkbench } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { workbenchId } from '../middleware/request.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

/** POST /workbenches/{wid}/start. Its body, if any, is not looked at. */
export function build(
  ports: RecordPorts & QueuePorts & { readonly ids: Ids },
  settings: ApiSettings & PolicySettings,
): ApiHandler {
  const policy = policyOf(settings);
  return toApiHandler(userApi(ports, settings).use(workbenchId()), async ({ userId, workbenchId, by }) => {
    await startWorkbench(ports, policy, { userId, workbenchId }, by);
    return { status: 200, body: { success: true } };
  });
}

export const handler = createApiHandler('start-workbench', (wiring) =>
  build({ ...recordPorts(wiring), ids: new RandomIds() }, wiring.settings),
);
