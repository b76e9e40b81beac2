import type { ReportStore } from '#core/ports/report-store.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { type ApiPorts, type ApiSettings, adminApi, answer } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { iso } from './present-workbench.ts';
import type { ReportItem } from './responses.ts';

/** GET /reports/reconcile */
export function build(
  ports: ApiPorts & { readonly reports: Pick<ReportStore, 'list'> },
  settings: ApiSettings,
): ApiHandler {
  return answer(adminApi(ports, settings), async () => {
    const reports = await ports.reports.list();
    return { status: 200, body: { success: true, items: reports.map(presentReport) } };
  });
}

function presentReport({ startedAt, endedAt, lookedAt, ...report }: ReconcileReport): ReportItem {
  return { ...report, started_at: iso(startedAt), ended_at: iso(endedAt), looked_at: lookedAt };
}
