import { buildListProviders } from '../api/machines.ts';
import { clusterCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable } from '../wiring/table.ts';

export { buildListProviders as build };

export const handler = createApiHandler('list-providers', (wiring) => {
  const { settings } = wiring;
  const table = openTable(wiring);
  return buildListProviders(
    { ...apiPorts(wiring, table), catalog: clusterCatalog(settings, table) },
    settings,
  );
});
