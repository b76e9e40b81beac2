import { systemClock } from '#adapters/system-clock.ts';
import type { ReportItem } from '#contract/response-bodies.ts';
import type { ReportStore } from '#core/ports/report-store.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { type ApiPorts, type ApiSettings, adminApi, toApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, reportStore } from '../wiring/table.ts';
import { toIsoTime } from './present-workbench.ts';

/** GET /reports/reconcile */
export function build(
  ports: ApiPorts & { readonly reports: Pick<ReportStore, 'list'> },
  settings: ApiSettings,
): ApiHandler {
  return toApiHandler(adminApi(ports, settings), async () => {
    const reports = await ports.reports.list();
    return { status: 200, body: { success: true, items: reports.map(presentReport) } };
  });
}

/** Where the next pass goes on is nobody's business but its own. */
function presentReport({
  startedAt,
  endedAt,
  checked,
  resumeCursor: _own,
  ...report
}: ReconcileReport): ReportItem {
  return { ...report, started_at: toIsoTime(startedAt), ended_at: toIsoTime(endedAt), checked };
}

export const handler = createApiHandler('list-reports', (wiring) => {
  const { settings, telemetry } = wiring;
  return build({ reports: reportStore(openTable(wiring)), clock: systemClock, telemetry }, settings);
});
