import {
  extendBodySchema,
  type SizeSettings,
  toChanges,
  updateBodySchema,
} from '#contract/request-bodies.ts';
import type { WorkbenchOperation } from '#contract/route.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { isAdmin, provedGroups } from '#core/access/principal.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import {
  deleteWorkbench,
  extendWorkbench,
  restartWorkbench,
  restoreWorkbench,
  type StartPorts,
  startWorkbench,
  stopWorkbench,
  updateWorkbench,
} from '#core/workbench/commands.ts';
import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler, EndpointResult } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseForce, parseNow } from '../middleware/parse-request.ts';
import {
  presentDeletion,
  presentWorkbench,
  retryAfterHeaders,
  type WarningPort,
  withRole,
} from './present-workbench.ts';

export type ActionSettings = WorkbenchApiSettings & PolicySettings;

/** The ports of a route that changes a workbench. */
export type ActionPorts = RecordPorts & QueuePorts & WorkbenchApiPorts;

/** The response of every action: the status is read with GET. */
export const ACTION_ACCEPTED: EndpointResult = { status: 200, body: { success: true } };

/** An endpoint that executes a command on one workbench. It ignores the request's body. */
function toActionHandler<P extends ActionPorts>(
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

/** POST /workbenches/{wid}/start */
export function buildStartWorkbench(
  ports: StartPorts & ActionPorts,
  settings: ActionSettings & SettingsFor<'WB_USER_STARTS_PER_MINUTE'>,
): ApiHandler {
  const limits = { startsPerMinute: settings.WB_USER_STARTS_PER_MINUTE };
  return toActionHandler('startWorkbench', ports, settings, (all, policy, key, by, first, groups) =>
    startWorkbench(all, policy, key, by, { limits, first, groups }),
  );
}

/** POST /workbenches/{wid}/restart */
export function buildRestartWorkbench(
  ports: StartPorts & ActionPorts,
  settings: ActionSettings & SettingsFor<'WB_USER_STARTS_PER_MINUTE'>,
): ApiHandler {
  const limits = { startsPerMinute: settings.WB_USER_STARTS_PER_MINUTE };
  return toActionHandler('restartWorkbench', ports, settings, (all, policy, key, by, first, groups) =>
    restartWorkbench(all, policy, key, by, { limits, first, groups }),
  );
}

/** POST /workbenches/{wid}/stop. It ignores the request's body. */
export function buildStopWorkbench(ports: ActionPorts, settings: ActionSettings): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { force: parseForce };
  return toWorkbenchApiHandler('stopWorkbench', ports, settings, parsers, async (request) => {
    const { workbench, by, force, principal } = request;
    const admin = isAdmin(principal, settings.RESTAPI_ADMIN_SCOPE);
    const options = { first: workbench, ...(force ? { force: { admin } } : {}) };
    await stopWorkbench(ports, policy, keyOf(workbench), by, options);
    return ACTION_ACCEPTED;
  });
}

/** POST /workbenches/{wid}/extend */
export function buildExtendWorkbench(
  ports: ActionPorts & WarningPort,
  settings: ActionSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const parsers = { body: jsonBodyOf(extendBodySchema()) };
  const policy = policyOf(settings);
  return toWorkbenchApiHandler('extendWorkbench', ports, settings, parsers, async (request) => {
    const { workbench: first, role, body, by } = request;
    const workbench = await extendWorkbench(ports, policy, keyOf(first), body.minutes, by, first);
    const item = withRole(presentWorkbench(workbench, settings, ports), role);
    return { status: 200, headers: retryAfterHeaders(workbench), body: { success: true, item } };
  });
}

/** PATCH /workbenches/{wid} */
export function buildUpdateWorkbench(
  ports: ActionPorts & WarningPort & { readonly catalog: SizeCatalog },
  settings: ActionSettings & SizeSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const policy = policyOf(settings);
  const parsers = { body: jsonBodyOf(updateBodySchema(settings)) };
  return toWorkbenchApiHandler('updateWorkbench', ports, settings, parsers, async (request) => {
    const { workbench: first, role, body, by } = request;
    const workbench = await updateWorkbench(ports, policy, keyOf(first), toChanges(body), by, first);
    const item = withRole(presentWorkbench(workbench, settings, ports), role);
    return { status: 200, headers: retryAfterHeaders(workbench), body: { success: true, item } };
  });
}

/** DELETE /workbenches/{wid}. Repeated, it gets the same response until the record is deleted. */
export function buildDeleteWorkbench(ports: ActionPorts, settings: ActionSettings): ApiHandler {
  const policy = policyOf(settings);
  return toWorkbenchApiHandler(
    'deleteWorkbench',
    ports,
    settings,
    { now: parseNow },
    async ({ workbench: first, by, now }) => {
      const workbench = await deleteWorkbench(ports, policy, keyOf(first), by, { first, immediately: now });
      const { restorable_until } = presentDeletion(workbench);
      return { status: 200, body: { success: true, ...(restorable_until ? { restorable_until } : {}) } };
    },
    () => true,
  );
}

/** POST /workbenches/{wid}/restore */
export function buildRestoreWorkbench(
  ports: ActionPorts & WarningPort,
  settings: ActionSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const policy = policyOf(settings);
  return toWorkbenchApiHandler(
    'restoreWorkbench',
    ports,
    settings,
    {},
    async ({ workbench: first, role, by, principal }) => {
      const groups = provedGroups(principal, first.userId);
      const workbench = await restoreWorkbench(ports, policy, keyOf(first), by, first, groups);
      const item = withRole(presentWorkbench(workbench, settings, ports), role);
      return { status: 200, headers: retryAfterHeaders(workbench), body: { success: true, item } };
    },
    () => true,
  );
}
