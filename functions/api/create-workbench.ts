import { RandomIds } from '#adapters/random-ids.ts';
import { createBodySchema, type SizeSettings, toCreateRequest } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { type CreatePorts, createWorkbench } from '#core/workbench/create-workbench.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { idempotencyKey } from '../middleware/request.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { idempotencyStore, openTable } from '../wiring/table.ts';
import { bodyHash } from './body-hash.ts';
import { presentWorkbench, retryAfterHeaders } from './present-workbench.ts';

type Settings = ApiSettings & SizeSettings & PolicySettings & SettingsFor<'BASE_URL' | 'RESTAPI_URL_PREFIX'>;

/** POST /workbenches */
export function build(ports: CreatePorts, settings: Settings): ApiHandler {
  const policy = policyOf(settings);
  const frame = userApi(ports, settings)
    .use(idempotencyKey())
    .use(jsonBody(createBodySchema(settings)));
  return toApiHandler(frame, async (event) => {
    const { workbench, created } = await createWorkbench(ports, policy, {
      userId: event.userId,
      request: toCreateRequest(event.input, settings),
      bodyHash: bodyHash(event.input),
      by: event.by,
      ...(event.idempotencyKey === undefined ? {} : { idempotencyKey: event.idempotencyKey }),
    });
    return {
      status: created ? 201 : 200,
      headers: { ...retryAfterHeaders(workbench), location: locationOf(workbench, settings) },
      body: { success: true, item: presentWorkbench(workbench, settings) },
    };
  });
}

/** Names the user too, so that it can be followed with every kind of authorization. */
function locationOf({ userId, workbenchId }: Workbench, settings: Settings): string {
  return `${settings.RESTAPI_URL_PREFIX ?? ''}/workbenches/${workbenchId}?user_id=${encodeURIComponent(userId)}`;
}

export const handler = createApiHandler('create-workbench', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...recordPorts(wiring, table),
    idempotency: idempotencyStore(table),
    catalog: sizeCatalog(wiring.settings),
    ids: new RandomIds(),
  };
  return build(ports, wiring.settings);
});
