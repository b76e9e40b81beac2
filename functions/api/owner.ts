import { ownerBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { startLimitOf } from '#contract/settings/user-limits.ts';
import { isAdmin, provedGroups } from '#core/access/principal.ts';
import {
  acceptWorkbench,
  type MovePorts,
  moveWorkbench,
  type OfferPorts,
  offerWorkbench,
  withdrawOffer,
} from '#core/workbench/change-owner.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  type ApiPorts,
  type ApiSettings,
  toUserApiHandler,
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';
import { presentWorkbench, retryAfterHeaders, type WarningPort } from './present-workbench.ts';
import { ACTION_ACCEPTED } from './workbench-commands.ts';

export type MoveSettings = ApiSettings &
  PolicySettings &
  Parameters<typeof startLimitOf>[0] &
  SettingsFor<'BASE_URL'>;

/** POST /workbenches/{wid}/owner */
export function buildChangeOwner(
  ports: MovePorts & WorkbenchApiPorts & WarningPort,
  settings: MoveSettings & WorkbenchApiSettings,
): ApiHandler {
  const parsers = { body: jsonBodyOf(ownerBodySchema()) };
  const policy = policyOf(settings);
  const limits = startLimitOf(settings);
  return toWorkbenchApiHandler('changeOwner', ports, settings, parsers, async (request) => {
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

/** POST /workbenches/{wid}/owner/accept */
export function buildAcceptOwner(
  ports: MovePorts & ApiPorts & WarningPort,
  settings: MoveSettings,
): ApiHandler {
  const policy = policyOf(settings);
  const limits = startLimitOf(settings);
  const parsers = { workbenchId: parseWorkbenchId };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, workbenchId, by, principal, audit }) => {
    const record = async ({ userId: ownerId }: Workbench) =>
      audit.recordChange({ ownerId, subject: { kind: 'user', id: userId } }, 'accept_owner');
    const key = { userId, workbenchId };
    const workbench = await acceptWorkbench(ports, policy, key, by, record, {
      limits,
      groups: provedGroups(principal, userId),
      onHidden: (ownerId) => audit.noteHiddenOf(ownerId),
    });
    return {
      status: 200,
      headers: retryAfterHeaders(workbench),
      body: { success: true, item: presentWorkbench(workbench, settings, ports) },
    };
  });
}

/** DELETE /workbenches/{wid}/owner */
export function buildWithdrawOffer(
  ports: OfferPorts & ApiPorts,
  settings: ApiSettings & PolicySettings,
): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { workbenchId: parseWorkbenchId };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, workbenchId, by, audit }) => {
    const record = async ({ userId: ownerId, offer }: Workbench) =>
      audit.recordChange(
        { ownerId, ...(offer === undefined ? {} : { subject: { kind: 'user', id: offer.to } }) },
        'withdraw_owner_offer',
      );
    const onHidden = (ownerId: string) => audit.noteHiddenOf(ownerId);
    await withdrawOffer(ports, policy, { userId, workbenchId }, by, record, onHidden);
    return ACTION_ACCEPTED;
  });
}
