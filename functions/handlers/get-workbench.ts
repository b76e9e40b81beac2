import { build } from '../api/get-workbench.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { activityStore, openTable } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('get-workbench', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...workbenchApiPorts(wiring, table),
    activity: activityStore(table),
    catalog: sizeCatalog(wiring.settings),
  };
  return build(ports, wiring.settings);
});
