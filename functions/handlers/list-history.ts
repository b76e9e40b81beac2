import { buildListHistory } from '../api/history-and-logs.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { historyStore, openTable } from '../wiring/table.ts';

export { buildListHistory as build };

export const handler = createApiHandler('list-history', (wiring) => {
  const table = openTable(wiring);
  return buildListHistory(
    { ...workbenchApiPorts(wiring, table), history: historyStore(table) },
    wiring.settings,
  );
});
