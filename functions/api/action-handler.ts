import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler, EndpointResult } from '../middleware/gateway.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';

export type ActionSettings = ApiSettings & PolicySettings;

/** The response of every action: the status is read with GET. */
export const ACTION_ACCEPTED: EndpointResult = { status: 200, body: { success: true } };

/** An endpoint that executes a command on one workbench. It ignores the request's body. */
export function toActionHandler<P extends RecordPorts & QueuePorts & ApiPorts>(
  ports: P,
  settings: ActionSettings,
  command: (ports: P, policy: Policy, key: WorkbenchKey, by: string) => Promise<unknown>,
): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { workbenchId: parseWorkbenchId };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, workbenchId, by }) => {
    await command(ports, policy, { userId, workbenchId }, by);
    return ACTION_ACCEPTED;
  });
}
