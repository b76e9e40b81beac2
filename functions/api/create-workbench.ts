import { type CreateSettings, createBodySchema, toCreateRequest } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { startLimitOf } from '#contract/settings/user-limits.ts';
import { provedGroups } from '#core/access/principal.ts';
import { type CreatePorts, createWorkbench, previewCreate } from '#core/workbench/create-workbench.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseDryRun, parseIdempotencyKey } from '../middleware/parse-request.ts';
import { bodyHash } from './body-hash.ts';
import { presentEstimate } from './present-cost.ts';
import { presentPreview } from './present-quota.ts';
import { presentWorkbench, retryAfterHeaders } from './present-workbench.ts';

type Settings = ApiSettings &
  CreateSettings &
  PolicySettings &
  Parameters<typeof startLimitOf>[0] &
  SettingsFor<'BASE_URL' | 'RESTAPI_URL_PREFIX'>;

/** POST /workbenches */
export function build(ports: CreatePorts & ApiPorts, settings: Settings): ApiHandler {
  const policy = policyOf(settings);
  const limits = startLimitOf(settings);
  const parsers = {
    idempotencyKey: parseIdempotencyKey,
    body: jsonBodyOf(createBodySchema(settings)),
    isDryRun: parseDryRun,
  };
  return toUserApiHandler(ports, settings, parsers, async (request) => {
    const { userId, principal, idempotencyKey, body, by, audit, isDryRun } = request;
    const command = {
      userId,
      request: toCreateRequest(body, settings),
      bodyHash: bodyHash(body),
      by,
      groups: provedGroups(principal, userId),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    if (isDryRun) {
      audit.noteDryRun();
      const { use, held, rates } = await previewCreate(ports, policy, command);
      const item = {
        quota: presentPreview(userId, use, held),
        estimate: presentEstimate(rates, ports.catalog),
      };
      return { status: 200, body: { success: true, item } };
    }
    const { workbench, created } = await createWorkbench(ports, policy, command, limits);
    audit.note({ workbenchId: workbench.workbenchId, ownerId: workbench.userId });
    return {
      status: created ? 201 : 200,
      headers: { ...retryAfterHeaders(workbench), location: locationOf(workbench, settings) },
      body: { success: true, item: presentWorkbench(workbench, settings) },
    };
  });
}

/** Contains the user, so that a client can follow it with any kind of authorization. */
function locationOf({ userId, workbenchId }: Workbench, settings: Settings): string {
  return `${settings.RESTAPI_URL_PREFIX ?? ''}/workbenches/${workbenchId}?user_id=${encodeURIComponent(userId)}`;
}
