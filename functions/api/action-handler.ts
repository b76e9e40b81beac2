import type { WorkbenchOperation } from '#contract/route-actions.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { provedGroups } from '#core/access/principal.ts';
import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler, EndpointResult } from '../middleware/gateway.ts';

export type ActionSettings = WorkbenchApiSettings & PolicySettings;

/** The ports of a route that changes a workbench. */
export type ActionPorts = RecordPorts & QueuePorts & WorkbenchApiPorts;

/** The response of every action: the status is read with GET. */
export const ACTION_ACCEPTED: EndpointResult = { status: 200, body: { success: true } };

/** An endpoint that executes a command on one workbench. It ignores the request's body. */
export function toActionHandler<P extends ActionPorts>(
  operation: WorkbenchOperation,
  ports: P,
  settings: ActionSettings,
  command: (
    ports: P,
    policy: Policy,
    key: WorkbenchKey,
    by: string,
    first: Workbench,
    groups: readonly string[] | undefined,
  ) => Promise<unknown>,
): ApiHandler {
  const policy = policyOf(settings);
  return toWorkbenchApiHandler(operation, ports, settings, {}, async ({ workbench, by, principal }) => {
    const groups = provedGroups(principal, workbench.userId);
    await command(ports, policy, keyOf(workbench), by, workbench, groups);
    return ACTION_ACCEPTED;
  });
}
