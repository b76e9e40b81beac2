import { RandomIds } from '#adapters/random-ids.ts';
import type { Ids } from '#core/ports/ids.ts';
import type { ChangePorts, WakePorts } from '#core/workbench/update-record.ts';
import { restartWorkbench } from '#core/workbench/commands.ts';
import { type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { workbenchId } from '../middleware/request.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { changePorts } from '../wiring/change.ts';
import { wiredApi } from '../wiring/create-api-handler.ts';

/** POST /workbenches/{wid}/restart. Its body, if any, is not looked at. */
export function build(
  ports: ChangePorts & WakePorts & { readonly ids: Ids },
  settings: ApiSettings & PolicySettings,
): ApiHandler {
  const policy = policyOf(settings);
  return toApiHandler(userApi(ports, settings).use(workbenchId()), async ({ userId, workbenchId, by }) => {
    await restartWorkbench(ports, policy, { userId, workbenchId }, by);
    return { status: 200, body: { success: true } };
  });
}

export const handler = wiredApi('restart-workbench', (wiring) =>
  build({ ...changePorts(wiring), ids: new RandomIds() }, wiring.settings),
);
