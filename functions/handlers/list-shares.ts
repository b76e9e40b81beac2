import { buildListShares } from '../api/shares.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable } from '../wiring/table.ts';

export { buildListShares as build };

export const handler = createApiHandler('list-shares', (wiring) =>
  buildListShares(workbenchApiPorts(wiring, openTable(wiring)), wiring.settings),
);
