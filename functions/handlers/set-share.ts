import { buildSetShare } from '../api/shares.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable } from '../wiring/table.ts';

export { buildSetShare as build };

export const handler = createApiHandler('set-share', (wiring) =>
  buildSetShare(workbenchApiPorts(wiring, openTable(wiring)), wiring.settings),
);
