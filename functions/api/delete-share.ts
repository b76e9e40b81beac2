import type { ShareStore } from '#core/ports/share-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseGranteeParameter } from '../middleware/parse-grantee.ts';
import { ACTION_ACCEPTED } from './action-handler.ts';
import { auditSubjectOf } from './present-share.ts';

/** DELETE /workbenches/{wid}/shares/{grantee}. A share that does not exist counts as deleted. It ignores the body. */
export function build(
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
