import { build } from '../api/list-history.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { historyStore, openTable } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-history', (wiring) => {
  const table = openTable(wiring);
  return build({ ...workbenchApiPorts(wiring, table), history: historyStore(table) }, wiring.settings);
});
