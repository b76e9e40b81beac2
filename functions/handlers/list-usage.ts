import { buildListUsage } from '../api/usage.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable, quotaStore, usageStore, workbenchStore } from '../wiring/table.ts';

export { buildListUsage as build };

export const handler = createApiHandler('list-usage', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...apiPorts(wiring, table),
    workbenches: workbenchStore(table),
    usage: usageStore(table),
    quotas: quotaStore(table),
    catalog: sizeCatalog(wiring.settings),
  };
  return buildListUsage(ports, wiring.settings);
});
