import { buildListShareLinks } from '../api/share-links.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { buildListShareLinks as build };

export const handler = createApiHandler('list-share-links', (wiring) => {
  const table = openTable(wiring);
  return buildListShareLinks(
    { ...workbenchApiPorts(wiring, table), links: shareLinkStore(table) },
    wiring.settings,
  );
});
