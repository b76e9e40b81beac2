import { createTicketSecret, hashTicketSecret } from '#adapters/ticket-secret.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { linkBodySchema } from '#contract/share-link-bodies.ts';
import { checkLink } from '#core/access/link-commands.ts';
import { invalidRequest } from '#core/errors.ts';
import { gateAddressOf } from '#core/gate/gate-host.ts';
import type { Ids } from '#core/ports/ids.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { presentCreatedLink, termsOf } from './present-share-link.ts';

/** POST /workbenches/{wid}/share-links. Only its response contains the secret. */
export function build(
  ports: WorkbenchApiPorts & {
    readonly links: Pick<ShareLinkStore, 'listByWorkbench' | 'create'>;
    readonly ids: Pick<Ids, 'runId'>;
  },
  settings: WorkbenchApiSettings & SettingsFor<'BASE_URL' | 'WB_GATE'>,
): ApiHandler {
  const { WB_GATE: mode } = settings;
  const address = mode === undefined ? undefined : gateAddressOf(new URL(settings.BASE_URL), mode);
  const parsers = { body: jsonBodyOf(linkBodySchema()) };
  return toWorkbenchApiHandler('createShareLink', ports, settings, parsers, async (request) => {
    const { workbench, workbenchId, body, by, audit } = request;
    const expiresAt = body.expires_at === undefined ? undefined : Date.parse(body.expires_at);
    if (expiresAt !== undefined && expiresAt <= ports.clock.now())
      throw invalidRequest({ expires_at: 'a time in the future' });
    const [linkId, secret] = [ports.ids.runId(), createTicketSecret()];
    const terms = { role: body.role, uses: body.uses, expiresAt };
    const link = await checkLink(ports, workbench, { linkId, hash: hashTicketSecret(secret), by, ...terms });
    await audit.recordChange({
      subject: { kind: 'link', id: linkId },
      detail: { ...termsOf(link), uses: link.uses },
    });
    await ports.links.create(link);
    const item = presentCreatedLink(link, { workbenchId, linkId, secret }, address);
    return { status: 200, body: { success: true, item } };
  });
}
