import { buildGetMe } from '../api/get-me.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable } from '../wiring/table.ts';

export { buildGetMe as build };

export const handler = createApiHandler('get-me', (wiring) =>
  buildGetMe(apiPorts(wiring, openTable(wiring)), wiring.settings),
);
