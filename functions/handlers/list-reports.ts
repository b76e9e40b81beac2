import { build } from '../api/list-reports.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, reportStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-reports', (wiring) => {
  const table = openTable(wiring);
  return build({ ...apiPorts(wiring, table), reports: reportStore(table) }, wiring.settings);
});
