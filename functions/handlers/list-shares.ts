import { buildListShares } from '../api/shares.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { buildListShares as build };

export const handler = createApiHandler('list-shares', (wiring) =>
  buildListShares(workbenchApiPorts(wiring, openTable(wiring)), wiring.settings),
);
