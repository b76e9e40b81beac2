import { build } from '../api/list-history.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { historyStore, openTable, workbenchStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-history', (wiring) => {
  const table = openTable(wiring);
  const stores = { workbenches: workbenchStore(table), history: historyStore(table) };
  return build({ ...apiPorts(wiring, table), ...stores }, wiring.settings);
});
