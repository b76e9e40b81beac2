import { build } from '../api/get-me.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('get-me', (wiring) =>
  build(apiPorts(wiring, openTable(wiring)), wiring.settings),
);
