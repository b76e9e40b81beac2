import { createTicketSecret, hashTicketSecret } from '#adapters/ticket-secret.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import {
  type CreatedLinkItem,
  codeBodySchema,
  type FoundLinkItem,
  type LinkItem,
  linkBodySchema,
} from '#contract/share-link-bodies.ts';
import {
  checkLink,
  type FoundLink,
  findLink,
  listLinks,
  type RedeemPorts,
  redeemLink,
  revokeLink,
} from '#core/access/link-commands.ts';
import { formatLinkCode, isLinkId, type LinkCode, parseLinkCode } from '#core/access/share-links.ts';
import { invalidRequest } from '#core/errors.ts';
import { type GateAddress, gateAddressOf, shareLinkUrlOf, urlOfWorkbench } from '#core/gate/gate-host.ts';
import type { Ids } from '#core/ports/ids.ts';
import type { ShareLink, ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import {
  type ApiPorts,
  type ApiSettings,
  toUserApiHandler,
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { type Parser, parseFlag } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';
import { auditSubjectOf } from './shares.ts';
import { ACTION_ACCEPTED } from './workbench-commands.ts';

/** POST /workbenches/{wid}/share-links. Only its response contains the secret. */
export function buildCreateShareLink(
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

/** GET /workbenches/{wid}/share-links */
export function buildListShareLinks(
  ports: WorkbenchApiPorts & { readonly links: Pick<ShareLinkStore, 'listByWorkbench'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  return toWorkbenchApiHandler('listShareLinks', ports, settings, {}, async ({ workbench }) => {
    const links = await listLinks(ports, workbench);
    return { status: 200, body: { success: true, items: links.map(presentLink) } };
  });
}

/** DELETE /workbenches/{wid}/share-links/{link_id}. A link that does not exist counts as deleted. It ignores the body. */
export function buildDeleteShareLink(
  ports: WorkbenchApiPorts & {
    readonly links: ShareLinkStore;
    readonly shares: Pick<ShareStore, 'read' | 'listByWorkbench' | 'deleteByLink'>;
  },
  settings: WorkbenchApiSettings,
): ApiHandler {
  const parsers = { linkId: parseLinkId, shares: parseShares };
  return toWorkbenchApiHandler('deleteShareLink', ports, settings, parsers, async (request) => {
    const { workbenchId, linkId, shares, audit } = request;
    await audit.recordChange({ subject: { kind: 'link', id: linkId } });
    await revokeLink(ports, { workbenchId, linkId }, shares, ({ grantee }) =>
      audit.recordChange({ subject: auditSubjectOf(grantee) }, 'delete_share'),
    );
    return ACTION_ACCEPTED;
  });
}

/** POST /share-links/preview: what a link gives. POST, because the code must not be in an address. */
export function buildPreviewShareLink(
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

/** The link and the hash of the secret in the body of a request. */
function readCode(code: string) {
  const parsed = parseLinkCode(code);
  if (parsed === undefined) throw invalidRequest({ code: 'the code of a link' });
  const { workbenchId, linkId, secret } = parsed;
  return { workbenchId, linkId, hash: hashTicketSecret(secret) };
}

/** POST /share-links/redeem: gives the user the share of a link. */
export function buildRedeemShareLink(
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

/** The item of the API for a link. It has nothing of the secret, nor its hash. */
function presentLink(link: ShareLink): LinkItem {
  return {
    link_id: link.linkId,
    ...termsOf(link),
    redeemable_until: toIsoTime(link.redeemableUntil),
    uses: link.uses,
    uses_left: link.usesLeft,
    created_by: link.createdBy,
    created_at: toIsoTime(link.createdAt),
  };
}

/** @param address of the gate; undefined where it asks for no sessions */
function presentCreatedLink(
  link: ShareLink,
  linkCode: LinkCode,
  address: GateAddress | undefined,
): CreatedLinkItem {
  const code = formatLinkCode(linkCode);
  return {
    ...presentLink(link),
    code,
    ...(address === undefined ? {} : { url: shareLinkUrlOf(address, code) }),
  };
}

function presentFoundLink({ link, workbench, gives }: FoundLink, address: GateAddress): FoundLinkItem {
  return {
    workbench_id: workbench.workbenchId,
    workbench_name: workbench.name,
    owner_id: workbench.userId,
    shared_by: link.createdBy,
    ...termsOf(link),
    gives: gives !== undefined,
    public_endpoint: `${urlOfWorkbench(address, workbench.workbenchId)}/`,
  };
}

/** What a link gives, as the audit names it, too. */
function termsOf({ role, expiresAt }: Pick<ShareLink, 'role' | 'expiresAt'>) {
  return { role, ...(expiresAt === undefined ? {} : { expires_at: toIsoTime(expiresAt) }) };
}

/** The id of a link in the path. */
const parseLinkId: Parser<string> = ({ event }) => {
  const id = event.pathParameters?.link_id ?? '';
  return isLinkId(id) ? { value: id } : { invalid: { link_id: '16 lower-case letters and digits' } };
};

/** `shares` of the deletion of a link: `true` or `false`, false if it is left out. */
const parseShares: Parser<boolean> = ({ query }) => parseFlag(query, 'shares');
