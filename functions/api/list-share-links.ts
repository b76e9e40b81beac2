import { listLinks } from '#core/access/link-commands.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { presentLink } from './present-share-link.ts';

/** GET /workbenches/{wid}/share-links */
export function build(
  ports: WorkbenchApiPorts & { readonly links: Pick<ShareLinkStore, 'listByWorkbench'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  return toWorkbenchApiHandler('listShareLinks', ports, settings, {}, async ({ workbench }) => {
    const links = await listLinks(ports, workbench);
    return { status: 200, body: { success: true, items: links.map(presentLink) } };
  });
}
