import type { FindingItem, ReportItem } from '#contract/response-bodies.ts';
import type { ReportStore } from '#core/ports/report-store.ts';
import type { Finding, ReconcileReport } from '#core/reconcile/report.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { toIsoTime } from './present-workbench.ts';

/** GET /reports/reconcile */
export function build(
  ports: ApiPorts & { readonly reports: Pick<ReportStore, 'list'> },
  settings: ApiSettings,
): ApiHandler {
  return toAdminApiHandler(ports, settings, async () => {
    const reports = await ports.reports.list();
    return { status: 200, body: { success: true, items: reports.map(presentReport) } };
  });
}

/** Names each field: a report may have further ones that a newer version wrote, and its resume cursor is internal. */
function presentReport(report: ReconcileReport): ReportItem {
  return {
    sweep: report.sweep,
    started_at: toIsoTime(report.startedAt),
    ended_at: toIsoTime(report.endedAt),
    checked: report.checked,
    repaired: report.repaired,
    deleted: report.deleted,
    quarantined: report.quarantined,
    waiting: report.waiting,
    failed: report.failed,
    deletion_limit_exceeded: report.alarm,
    findings: report.findings.map(presentFinding),
  };
}

function presentFinding({ id, what, why, kind }: Finding): FindingItem {
  return { id, result: what, reason: why, ...(kind === undefined ? {} : { repair: kind }) };
}
