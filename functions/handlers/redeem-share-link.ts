import { buildRedeemShareLink } from '../api/share-links.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable, shareLinkStore } from '../wiring/table.ts';

export { buildRedeemShareLink as build };

export const handler = createApiHandler('redeem-share-link', (wiring) => {
  const table = openTable(wiring);
  return buildRedeemShareLink(
    { ...workbenchApiPorts(wiring, table), links: shareLinkStore(table) },
    wiring.settings,
  );
});
