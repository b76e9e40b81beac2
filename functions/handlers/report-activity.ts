import { build } from '../api/report-activity.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { activityStore, openTable } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('report-activity', (wiring) => {
  const table = openTable(wiring);
  return build({ ...workbenchApiPorts(wiring, table), activity: activityStore(table) }, wiring.settings);
});
