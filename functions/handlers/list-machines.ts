import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../api/list-machines.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';
import { machineInventory } from '../wiring/tasks.ts';

export { build };

export const handler = createApiHandler('list-machines', (wiring) => {
  const { settings, telemetry } = wiring;
  const ports = {
    machines: machineInventory(settings),
    workbenches: workbenchStore(openTable(wiring)),
    catalog: sizeCatalog(settings),
    clock: systemClock,
    telemetry,
  };
  return build(ports, settings);
});
