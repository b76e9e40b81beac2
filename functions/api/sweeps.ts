import type { FindingItem, ReportItem } from '#contract/response-bodies.ts';
import { sweepBodySchema } from '#contract/sweep-bodies.ts';
import { actorOf } from '#core/access/principal.ts';
import type { ReportStore } from '#core/ports/report-store.ts';
import type { Finding, ReconcileReport } from '#core/reconcile/report.ts';
import { type StartSweepPorts, startSweep } from '#core/reconcile/start-sweep.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseValues } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';

/** POST /sweeps */
export function buildStartSweep(ports: ApiPorts & StartSweepPorts, settings: ApiSettings): ApiHandler {
  const parsers = { body: jsonBodyOf(sweepBodySchema()) };
  return toAdminApiHandler(ports, settings, async ({ event, principal, audit }) => {
    const { body } = await parseValues(event, parsers);
    audit.note({ subject: { kind: 'sweep', id: body.sweep } });
    const { sweep, at, by } = await startSweep(ports, body.sweep, actorOf(principal));
    ports.telemetry.info('an operator starts a sweep', { sweep, by });
    return { status: 202, body: { success: true, item: { sweep, requested_at: toIsoTime(at) } } };
  });
}

/** GET /reports/reconcile */
export function buildListReports(
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
