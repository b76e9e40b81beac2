import { buildDeleteShare } from '../api/shares.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable } from '../wiring/table.ts';

export { buildDeleteShare as build };

export const handler = createApiHandler('delete-share', (wiring) =>
  buildDeleteShare(workbenchApiPorts(wiring, openTable(wiring)), wiring.settings),
);
