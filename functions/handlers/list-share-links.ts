import { build } from '../api/list-share-links.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-share-links', (wiring) => {
  const table = openTable(wiring);
  return build({ ...workbenchApiPorts(wiring, table), links: shareLinkStore(table) }, wiring.settings);
});
