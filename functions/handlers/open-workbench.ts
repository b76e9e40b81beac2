import { build } from '../api/open-workbench.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, ticketStore, workbenchStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('open-workbench', (wiring) => {
  const table = openTable(wiring);
  const stores = { workbenches: workbenchStore(table), tickets: ticketStore(table) };
  return build({ ...apiPorts(wiring, table), ...stores }, wiring.settings);
});
