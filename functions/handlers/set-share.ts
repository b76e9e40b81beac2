import { buildSetShare } from '../api/shares.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { buildSetShare as build };

export const handler = createApiHandler('set-share', (wiring) =>
  buildSetShare(workbenchApiPorts(wiring, openTable(wiring)), wiring.settings),
);
