import { buildListStartTimes } from '../api/list-start-times.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable, startTimesStore } from '../wiring/table.ts';

export { buildListStartTimes as build };

export const handler = createApiHandler('list-start-times', (wiring) => {
  const table = openTable(wiring);
  return buildListStartTimes(
    { ...apiPorts(wiring, table), startTimes: startTimesStore(table) },
    wiring.settings,
  );
});
