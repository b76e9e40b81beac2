import { RandomIds } from '#adapters/random-ids.ts';
import { buildCreateShareLink } from '../api/share-links.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { buildCreateShareLink as build };

export const handler = createApiHandler('create-share-link', (wiring) => {
  const table = openTable(wiring);
  return buildCreateShareLink(
    { ...workbenchApiPorts(wiring, table), links: shareLinkStore(table), ids: new RandomIds() },
    wiring.settings,
  );
});
