import { buildListShareLinks } from '../api/share-links.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { buildListShareLinks as build };

export const handler = createApiHandler('list-share-links', (wiring) => {
  const table = openTable(wiring);
  return buildListShareLinks(
    { ...workbenchApiPorts(wiring, table), links: shareLinkStore(table) },
    wiring.settings,
  );
});
