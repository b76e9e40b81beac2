import { buildDeleteShareLink } from '../api/share-links.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { buildDeleteShareLink as build };

export const handler = createApiHandler('delete-share-link', (wiring) => {
  const table = openTable(wiring);
  return buildDeleteShareLink(
    { ...workbenchApiPorts(wiring, table), links: shareLinkStore(table) },
    wiring.settings,
  );
});
