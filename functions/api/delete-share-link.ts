import { revokeLink } from '#core/access/link-commands.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseLinkId, parseShares } from '../middleware/parse-share-link.ts';
import { ACTION_ACCEPTED } from './action-handler.ts';
import { auditSubjectOf } from './present-share.ts';

/** DELETE /workbenches/{wid}/share-links/{link_id}. A link that does not exist counts as deleted. It ignores the body. */
export function build(
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
