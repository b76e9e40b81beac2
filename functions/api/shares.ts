import { isUserId } from '#contract/parameters.ts';
import { type ShareItem, shareBodySchema } from '#contract/share-bodies.ts';
import { formatGrantee, type Grantee, parseGrantee } from '#core/access/grantee.ts';
import { checkShare, listShares } from '#core/access/share-commands.ts';
import type { AuditSubject } from '#core/audit/audit-event.ts';
import { invalidRequest, WorkbenchError } from '#core/errors.ts';
import type { Share, ShareStore } from '#core/ports/share-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import type { Parser } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';
import { ACTION_ACCEPTED } from './workbench-commands.ts';

/** GET /workbenches/{wid}/shares */
export function buildListShares(
  ports: WorkbenchApiPorts & { readonly shares: Pick<ShareStore, 'read' | 'listByWorkbench'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  return toWorkbenchApiHandler('listShares', ports, settings, {}, async ({ workbenchId }) => {
    const shares = await listShares(ports, workbenchId);
    return { status: 200, body: { success: true, items: shares.map(presentShare) } };
  });
}

/** PUT /workbenches/{wid}/shares/{grantee} */
export function buildSetShare(
  ports: WorkbenchApiPorts & { readonly shares: Pick<ShareStore, 'read' | 'listByWorkbench' | 'put'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  const parsers = { grantee: parseGranteeParameter, body: jsonBodyOf(shareBodySchema()) };
  return toWorkbenchApiHandler('setShare', ports, settings, parsers, async (request) => {
    const { workbench, grantee, body, by, audit } = request;
    const expiresAt = body.expires_at === undefined ? undefined : Date.parse(body.expires_at);
    if (expiresAt !== undefined && expiresAt <= ports.clock.now())
      throw invalidRequest({ expires_at: 'a time in the future' });
    if (grantee.kind === 'user' && grantee.userId === workbench.userId)
      throw invalidRequest({ grantee: 'another user than the owner' });
    if (grantee.kind === 'organisation' && settings.WB_ORGANISATION_SHARES !== 'true') {
      const message = 'This installation does not allow shares with the organisation.';
      throw new WorkbenchError('forbidden', message, { reason: 'organisation_shares_off' });
    }
    const share = await checkShare(ports, workbench, { grantee, role: body.role, expiresAt, by });
    const item = presentShare(share);
    await audit.recordChange({
      subject: auditSubjectOf(grantee),
      detail: {
        role: item.role,
        ...(item.expires_at === undefined ? {} : { expires_at: item.expires_at }),
      },
    });
    await ports.shares.put(share);
    return { status: 200, body: { success: true, item } };
  });
}

/** DELETE /workbenches/{wid}/shares/{grantee}. A share that does not exist counts as deleted. It ignores the body. */
export function buildDeleteShare(
  ports: WorkbenchApiPorts & { readonly shares: Pick<ShareStore, 'read' | 'delete'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  const parsers = { grantee: parseGranteeParameter };
  return toWorkbenchApiHandler('deleteShare', ports, settings, parsers, async (request) => {
    const { workbenchId, grantee, audit } = request;
    await audit.recordChange({ subject: auditSubjectOf(grantee) });
    await ports.shares.delete({ workbenchId, grantee });
    return ACTION_ACCEPTED;
  });
}

/** The item of the API for a share. */
function presentShare({ grantee, role, expiresAt, linkId, createdBy, createdAt }: Share): ShareItem {
  return {
    grantee: formatGrantee(grantee),
    role,
    ...(expiresAt === undefined ? {} : { expires_at: toIsoTime(expiresAt) }),
    ...(linkId === undefined ? {} : { link_id: linkId }),
    shared_by: createdBy,
    shared_at: toIsoTime(createdAt),
  };
}

/** The grantee as audit events name it. */
export function auditSubjectOf(grantee: Grantee): AuditSubject {
  switch (grantee.kind) {
    case 'user':
      return { kind: 'user', id: grantee.userId };
    case 'group':
      return { kind: 'group', id: grantee.group };
    case 'organisation':
      return { kind: 'organisation' };
  }
}

const GRANTEE_EXPECTED = '`user:<user id>`, `group:<name>` or `organisation`';

/** The grantee in the path, which the gateway has decoded once. */
const parseGranteeParameter: Parser<Grantee> = ({ event }) => {
  const grantee = parseGrantee(event.pathParameters?.grantee ?? '', isUserId);
  return grantee === undefined ? { invalid: { grantee: GRANTEE_EXPECTED } } : { value: grantee };
};
