import { policyOf } from '#contract/settings/policy.ts';
import { startLimitOf } from '#contract/settings/user-limits.ts';
import { provedGroups } from '#core/access/principal.ts';
import { acceptWorkbench, type MovePorts } from '#core/workbench/change-owner.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { type ApiPorts, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';
import type { MoveSettings } from './change-owner.ts';
import { presentWorkbench, retryAfterHeaders, type WarningPort } from './present-workbench.ts';

/** POST /workbenches/{wid}/owner/accept */
export function build(ports: MovePorts & ApiPorts & WarningPort, settings: MoveSettings): ApiHandler {
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
