import { buildListReports } from '../api/sweeps.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable, reportStore } from '../wiring/table.ts';

export { buildListReports as build };

export const handler = createApiHandler('list-reports', (wiring) => {
  const table = openTable(wiring);
  return buildListReports({ ...apiPorts(wiring, table), reports: reportStore(table) }, wiring.settings);
});
