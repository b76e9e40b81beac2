import { buildReportActivity } from '../api/report-activity.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { activityStore, openTable } from '../wiring/table.ts';

export { buildReportActivity as build };

export const handler = createApiHandler('report-activity', (wiring) => {
  const table = openTable(wiring);
  return buildReportActivity(
    { ...workbenchApiPorts(wiring, table), activity: activityStore(table) },
    wiring.settings,
  );
});
