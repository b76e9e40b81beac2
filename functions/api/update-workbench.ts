import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { ChangePorts, WakePorts } from '#core/workbench/update-record.ts';
import { updateWorkbench } from '#core/workbench/commands.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { workbenchId } from '../middleware/request.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { changePorts } from '../wiring/change.ts';
import { wiredApi } from '../wiring/create-api-handler.ts';
import { pollHeaders, presentWorkbench } from './present-workbench.ts';
import { type AmountSettings, changesOf, updateBody } from '#contract/request-bodies.ts';

/** PATCH /workbenches/{wid} */
export function build(
  ports: ChangePorts & WakePorts & { readonly catalog: SizeCatalog },
  settings: ApiSettings & AmountSettings & PolicySettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const policy = policyOf(settings);
  const frame = userApi(ports, settings)
    .use(workbenchId())
    .use(jsonBody(updateBody(settings)));
  return toApiHandler(frame, async ({ userId, workbenchId, input, by }) => {
    const workbench = await updateWorkbench(ports, policy, { userId, workbenchId }, changesOf(input), by);
    return {
      status: 200,
      headers: pollHeaders(workbench),
      body: { success: true, item: presentWorkbench(workbench, settings) },
    };
  });
}

export const handler = wiredApi('update-workbench', (wiring) =>
  build({ ...changePorts(wiring), catalog: sizeCatalog(wiring.settings) }, wiring.settings),
);
