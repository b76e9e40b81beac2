import { build } from '../api/delete-share.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('delete-share', (wiring) =>
  build(workbenchApiPorts(wiring, openTable(wiring)), wiring.settings),
);
