import { buildListMachines } from '../api/machines.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { drainStore, openTable, workbenchStore } from '../wiring/table.ts';
import { machineInventory } from '../wiring/tasks.ts';

export { buildListMachines as build };

export const handler = createApiHandler('list-machines', (wiring) => {
  const { settings } = wiring;
  const table = openTable(wiring);
  const ports = {
    ...apiPorts(wiring, table),
    machines: machineInventory(settings),
    workbenches: workbenchStore(table),
    drains: drainStore(table),
    catalog: sizeCatalog(settings),
  };
  return buildListMachines(ports, settings);
});
