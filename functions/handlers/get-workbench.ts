import { build } from '../api/get-workbench.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { activityStore, openTable, workbenchStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('get-workbench', (wiring) => {
  const table = openTable(wiring);
  const stores = { workbenches: workbenchStore(table), activity: activityStore(table) };
  return build({ ...apiPorts(wiring, table), ...stores }, wiring.settings);
});
