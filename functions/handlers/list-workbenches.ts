import { buildListWorkbenches } from '../api/workbenches.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { activityStore, openTable } from '../wiring/table.ts';

export { buildListWorkbenches as build };

export const handler = createApiHandler('list-workbenches', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...workbenchApiPorts(wiring, table),
    activity: activityStore(table),
    catalog: sizeCatalog(wiring.settings),
  };
  return buildListWorkbenches(ports, wiring.settings);
});
