import { buildPreviewShareLink } from '../api/share-links.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { buildPreviewShareLink as build };

export const handler = createApiHandler('preview-share-link', (wiring) => {
  const table = openTable(wiring);
  return buildPreviewShareLink(
    { ...workbenchApiPorts(wiring, table), links: shareLinkStore(table) },
    wiring.settings,
  );
});
