import { createHash } from 'node:crypto';
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
import { presentEstimate } from './present-cost.ts';
import { presentPreview } from './present-quota.ts';
import { presentWorkbench, retryAfterHeaders } from './present-workbench.ts';

type Settings = ApiSettings &
  CreateSettings &
  PolicySettings &
  Parameters<typeof startLimitOf>[0] &
  SettingsFor<'BASE_URL' | 'RESTAPI_URL_PREFIX'>;

/** POST /workbenches */
export function buildCreateWorkbench(ports: CreatePorts & ApiPorts, settings: Settings): ApiHandler {
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

/** SHA-256 of a body's fields, sorted by name: two bodies with equal fields have the same hash, however they are written. */
export function bodyHash(body: Body): string {
  return createHash('sha256')
    .update(JSON.stringify(sortedFieldsOf(body)))
    .digest('hex');
}

type Body = Readonly<
  Record<string, string | number | null | undefined | Readonly<Record<string, string | undefined>>>
>;

/** Earlier versions have stored hashes of flat bodies, so those must stay as they are. */
function sortedFieldsOf(body: Body): readonly (readonly [string, unknown])[] {
  const fields = Object.entries(body).filter(([, value]) => value !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? sortedFieldsOf(value) : value,
  ]);
}
