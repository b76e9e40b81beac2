import { RandomIds } from '#adapters/random-ids.ts';
import { buildCreateWorkbench } from '../api/create-workbench.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { changePorts } from '../wiring/ports.ts';
import { idempotencyStore, openTable, startRateStore } from '../wiring/table.ts';

export { buildCreateWorkbench as build };

export const handler = createApiHandler('create-workbench', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...changePorts(wiring, table),
    idempotency: idempotencyStore(table),
    startRates: startRateStore(table),
    catalog: sizeCatalog(wiring.settings),
    ids: new RandomIds(),
  };
  return buildCreateWorkbench(ports, wiring.settings);
});
