import { listShares } from '#core/access/share-commands.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { presentShare } from './present-share.ts';

/** GET /workbenches/{wid}/shares */
export function build(
  ports: WorkbenchApiPorts & { readonly shares: Pick<ShareStore, 'read' | 'listByWorkbench'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  return toWorkbenchApiHandler('listShares', ports, settings, {}, async ({ workbenchId }) => {
    const shares = await listShares(ports, workbenchId);
    return { status: 200, body: { success: true, items: shares.map(presentShare) } };
  });
}
