import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { type OfferPorts, withdrawOffer } from '#core/workbench/change-owner.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';
import { ACTION_ACCEPTED } from './action-handler.ts';

/** DELETE /workbenches/{wid}/owner */
export function build(ports: OfferPorts & ApiPorts, settings: ApiSettings & PolicySettings): ApiHandler {
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
