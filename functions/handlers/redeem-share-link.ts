import { buildRedeemShareLink } from '../api/share-links.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { buildRedeemShareLink as build };

export const handler = createApiHandler('redeem-share-link', (wiring) => {
  const table = openTable(wiring);
  return buildRedeemShareLink(
    { ...workbenchApiPorts(wiring, table), links: shareLinkStore(table) },
    wiring.settings,
  );
});
