import { build } from '../schedules/sweep-volumes.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { recordPorts } from '../wiring/ports.ts';
import { openTable, reportStore } from '../wiring/table.ts';
import { volumeStoreForSweep } from '../wiring/volumes.ts';

export { build };

export const handler = createHandler('sweep-volumes', (wiring) => {
  const { settings } = wiring;
  const table = openTable(wiring);
  const ports = {
    ...recordPorts(wiring, table),
    reports: reportStore(table),
    volumes: volumeStoreForSweep(settings),
  };
  return build(ports, settings);
});
