import { buildReportActivity } from '../api/report-activity.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { activityStore, openTable } from '../wiring/table.ts';

export { buildReportActivity as build };

export const handler = createApiHandler('report-activity', (wiring) => {
  const table = openTable(wiring);
  return buildReportActivity(
    { ...workbenchApiPorts(wiring, table), activity: activityStore(table) },
    wiring.settings,
  );
});
