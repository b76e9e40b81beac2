import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { codeBodySchema } from '#contract/share-link-bodies.ts';
import { findLink, type RedeemPorts } from '#core/access/link-commands.ts';
import { gateAddressOf } from '#core/gate/gate-host.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { presentFoundLink } from './present-share-link.ts';
import { readCode } from './redeem-share-link.ts';

/** POST /share-links/preview: what a link gives. POST, because the code must not be in an address. */
export function build(
  ports: ApiPorts & RedeemPorts,
  settings: ApiSettings & SettingsFor<'BASE_URL' | 'WB_GATE'>,
): ApiHandler {
  const address = gateAddressOf(new URL(settings.BASE_URL), settings.WB_GATE ?? 'prefix');
  const parsers = { body: jsonBodyOf(codeBodySchema()) };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, by, body }) => {
    const found = await findLink(ports, userId, readCode(body.code), by);
    return { status: 200, body: { success: true, item: presentFoundLink(found, address) } };
  });
}
