import { createBodySchema, type SizeSettings, toCreateRequest } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { userLimitsOf } from '#contract/settings/user-limits.ts';
import { type CreatePorts, createWorkbench } from '#core/workbench/create-workbench.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseIdempotencyKey } from '../middleware/parse-request.ts';
import { bodyHash } from './body-hash.ts';
import { presentWorkbench, retryAfterHeaders } from './present-workbench.ts';

type Settings = ApiSettings &
  SizeSettings &
  PolicySettings &
  Parameters<typeof userLimitsOf>[0] &
  SettingsFor<'BASE_URL' | 'RESTAPI_URL_PREFIX'>;

/** POST /workbenches */
export function build(ports: CreatePorts & ApiPorts, settings: Settings): ApiHandler {
  const policy = policyOf(settings);
  const limits = userLimitsOf(settings);
  const parsers = { idempotencyKey: parseIdempotencyKey, body: jsonBodyOf(createBodySchema(settings)) };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, idempotencyKey, body, by, audit }) => {
    const command = {
      userId,
      request: toCreateRequest(body, settings),
      bodyHash: bodyHash(body),
      by,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
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
