import { hashTicketSecret } from '#adapters/ticket-secret.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { codeBodySchema } from '#contract/share-link-bodies.ts';
import { type RedeemPorts, redeemLink } from '#core/access/link-commands.ts';
import { parseLinkCode } from '#core/access/share-links.ts';
import { invalidRequest } from '#core/errors.ts';
import { gateAddressOf } from '#core/gate/gate-host.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { presentFoundLink, termsOf } from './present-share-link.ts';

/** The link and the hash of the secret in the body of a request. */
export function readCode(code: string) {
  const parsed = parseLinkCode(code);
  if (parsed === undefined) throw invalidRequest({ code: 'the code of a link' });
  const { workbenchId, linkId, secret } = parsed;
  return { workbenchId, linkId, hash: hashTicketSecret(secret) };
}

/** POST /share-links/redeem: gives the user the share of a link. */
export function build(
  ports: ApiPorts & RedeemPorts,
  settings: ApiSettings & SettingsFor<'BASE_URL' | 'WB_GATE'>,
): ApiHandler {
  const address = gateAddressOf(new URL(settings.BASE_URL), settings.WB_GATE ?? 'prefix');
  const parsers = { body: jsonBodyOf(codeBodySchema()) };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, by, body, audit }) => {
    const code = readCode(body.code);
    const found = await redeemLink(ports, userId, code, by, async ({ link, workbench }) => {
      const { workbenchId, userId: ownerId } = workbench;
      await audit.recordChange({
        ...{ workbenchId, ownerId, subject: { kind: 'link', id: link.linkId } },
        detail: termsOf(link),
      });
    });
    return { status: 200, body: { success: true, item: presentFoundLink(found, address) } };
  });
}
