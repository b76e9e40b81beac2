import { buildOpenWorkbench } from '../api/open-workbench.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable, sessionCutoffStore, ticketStore } from '../wiring/table.ts';

export { buildOpenWorkbench as build };

export const handler = createApiHandler('open-workbench', (wiring) => {
  const table = openTable(wiring);
  const stores = { tickets: ticketStore(table), cutoffs: sessionCutoffStore(table) };
  return buildOpenWorkbench({ ...workbenchApiPorts(wiring, table), ...stores }, wiring.settings);
});
