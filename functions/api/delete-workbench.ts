import type { ChangePorts, WakePorts } from '#core/workbench/update-record.ts';
import { destroyWorkbench } from '#core/workbench/commands.ts';
import { type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { workbenchId } from '../middleware/request.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { changePorts } from '../wiring/change.ts';
import { wiredApi } from '../wiring/create-api-handler.ts';

/** DELETE /workbenches/{wid}. Its body, if any, is not looked at. */
export function build(ports: ChangePorts & WakePorts, settings: ApiSettings & PolicySettings): ApiHandler {
  const policy = policyOf(settings);
  return toApiHandler(userApi(ports, settings).use(workbenchId()), async ({ userId, workbenchId, by }) => {
    await destroyWorkbench(ports, policy, { userId, workbenchId }, by);
    return { status: 200, body: { success: true } };
  });
}

export const handler = wiredApi('destroy-workbench', (wiring) => build(changePorts(wiring), wiring.settings));
