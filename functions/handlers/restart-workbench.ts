import { RandomIds } from '#adapters/random-ids.ts';
import { build } from '../api/restart-workbench.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, startRateStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('restart-workbench', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...recordPorts(wiring, table),
    startRates: startRateStore(table),
    ids: new RandomIds(),
  };
  return build(ports, wiring.settings);
});
