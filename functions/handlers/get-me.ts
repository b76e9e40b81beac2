import { buildGetMe } from '../api/get-me.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { buildGetMe as build };

export const handler = createApiHandler('get-me', (wiring) =>
  buildGetMe(apiPorts(wiring, openTable(wiring)), wiring.settings),
);
