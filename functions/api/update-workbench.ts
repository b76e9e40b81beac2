import { type SizeSettings, toChanges, updateBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import { updateWorkbench } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';
import { presentWorkbench, retryAfterHeaders, type WarningPort } from './present-workbench.ts';

/** PATCH /workbenches/{wid} */
export function build(
  ports: RecordPorts & QueuePorts & ApiPorts & WarningPort & { readonly catalog: SizeCatalog },
  settings: ApiSettings & SizeSettings & PolicySettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { workbenchId: parseWorkbenchId, body: jsonBodyOf(updateBodySchema(settings)) };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, workbenchId, body, by }) => {
    const workbench = await updateWorkbench(ports, policy, { userId, workbenchId }, toChanges(body), by);
    return {
      status: 200,
      headers: retryAfterHeaders(workbench),
      body: { success: true, item: presentWorkbench(workbench, settings, ports) },
    };
  });
}
