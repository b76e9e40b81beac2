import { shareBodySchema } from '#contract/share-bodies.ts';
import { checkShare } from '#core/access/share-commands.ts';
import { invalidRequest, WorkbenchError } from '#core/errors.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseGranteeParameter } from '../middleware/parse-grantee.ts';
import { auditSubjectOf, presentShare } from './present-share.ts';

const PARSERS = { grantee: parseGranteeParameter, body: jsonBodyOf(shareBodySchema()) };

/** PUT /workbenches/{wid}/shares/{grantee} */
export function build(
  ports: WorkbenchApiPorts & { readonly shares: Pick<ShareStore, 'read' | 'listByWorkbench' | 'put'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  return toWorkbenchApiHandler('setShare', ports, settings, PARSERS, async (request) => {
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
