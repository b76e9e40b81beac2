import { buildDeleteShare } from '../api/shares.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { buildDeleteShare as build };

export const handler = createApiHandler('delete-share', (wiring) =>
  buildDeleteShare(workbenchApiPorts(wiring, openTable(wiring)), wiring.settings),
);
