import { ownerBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { startLimitOf } from '#contract/settings/user-limits.ts';
import { isAdmin } from '#core/access/principal.ts';
import { type MovePorts, moveWorkbench, offerWorkbench } from '#core/workbench/change-owner.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  type ApiSettings,
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { presentWorkbench, retryAfterHeaders, type WarningPort } from './present-workbench.ts';

export type MoveSettings = ApiSettings &
  PolicySettings &
  Parameters<typeof startLimitOf>[0] &
  SettingsFor<'BASE_URL'>;

const PARSERS = { body: jsonBodyOf(ownerBodySchema()) };

/** POST /workbenches/{wid}/owner */
export function build(
  ports: MovePorts & WorkbenchApiPorts & WarningPort,
  settings: MoveSettings & WorkbenchApiSettings,
): ApiHandler {
  const policy = policyOf(settings);
  const limits = startLimitOf(settings);
  return toWorkbenchApiHandler('changeOwner', ports, settings, PARSERS, async (request) => {
    const { workbench: found, body, by, principal, audit } = request;
    const isOffer = body.offer === true || !isAdmin(principal, settings.RESTAPI_ADMIN_SCOPE);
    const record = async ({ userId: ownerId }: Workbench) =>
      audit.recordChange(
        { ownerId, subject: { kind: 'user', id: body.owner } },
        isOffer ? 'offer_owner' : 'change_owner',
      );
    const workbench = isOffer
      ? await offerWorkbench(ports, policy, found, body.owner, by, record)
      : await moveWorkbench(ports, policy, found, body.owner, by, record, limits);
    return {
      status: 200,
      headers: retryAfterHeaders(workbench),
      body: { success: true, item: presentWorkbench(workbench, settings, ports) },
    };
  });
}
