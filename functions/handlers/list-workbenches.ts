import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../api/list-workbenches.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { activityStore, openTable, workbenchStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-workbenches', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const stores = { workbenches: workbenchStore(table), activity: activityStore(table) };
  return build({ ...stores, clock: systemClock, telemetry }, settings);
});
