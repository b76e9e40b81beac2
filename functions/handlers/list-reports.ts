import { buildListReports } from '../api/sweeps.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, reportStore } from '../wiring/table.ts';

export { buildListReports as build };

export const handler = createApiHandler('list-reports', (wiring) => {
  const table = openTable(wiring);
  return buildListReports({ ...apiPorts(wiring, table), reports: reportStore(table) }, wiring.settings);
});
