import type { Clock } from '../ports/clock.ts';
import { PortError } from '../ports/port-error.ts';
import type { ReportStore } from '../ports/report-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Finding, type ReconcileReport, ReportDraft, type Sweep } from './report.ts';

export interface SweepPorts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly reports: ReportStore;
}

const GAVE_WAY =
  'The cloud takes no more calls just now, and requests of users go first: the next pass goes on.';

/**
 * Runs a sweep and tells what came of it: each repair as a line and in a metric by its kind, the whole as
 * metrics, as an alarm, and as a report that is kept. At the first throttle it gives way: what is shared with
 * the requests of users is theirs.
 */
export async function runSweep(
  ports: SweepPorts,
  sweep: Sweep,
  run: (draft: ReportDraft) => Promise<void>,
): Promise<ReconcileReport> {
  const { telemetry } = ports;
  const draft = new ReportDraft(sweep, ports.clock.now(), (finding) => logFinding(telemetry, sweep, finding));
  try {
    await run(draft);
    // One that gave way is not counted: of one that never comes to its end the silence is to be heard.
    if (!draft.gaveWay) telemetry.count('sweep_completed', 1, { sweep });
  } catch (error) {
    if (isThrottled(error)) {
      giveWay(draft, sweep);
    } else {
      draft.add(sweep, 'failed', 'The sweep ended early; the next one begins anew.');
      telemetry.error('a sweep ended early', { sweep }, error);
      telemetry.count('sweep_ended_early', 1, { sweep });
    }
  }
  const report = draft.end(ports.clock.now());
  for (const kind of ['repaired', 'removed', 'quarantined', 'waiting', 'failed'] as const) {
    if (report[kind] > 0) telemetry.count(`reconcile_${kind}`, report[kind], { sweep });
  }
  if (report.alarm) {
    telemetry.error('a sweep wants to remove suspiciously much and removed nothing', {
      sweep,
      waiting: report.waiting,
      lookedAt: report.lookedAt,
    });
    telemetry.count('reconcile_alarm', 1, { sweep });
  }
  await ports.reports.add(report);
  return report;
}

/** Ends a pass for the requests of users; the next one goes on where `draft.resumeAt` says. */
export function giveWay(draft: ReportDraft, sweep: Sweep): void {
  draft.gaveWay = true;
  draft.add(sweep, 'waits_throttled', GAVE_WAY);
}

/** A call was refused before anything happened, for want of throughput. */
export function isThrottled(error: unknown): boolean {
  return error instanceof PortError && error.kind === 'throttled';
}

/** What somebody has to look at: the report has no room for all of it. */
const TO_BE_LOOKED_AT: readonly Finding['what'][] = ['failed', 'waits_too_many', 'waits_unreadable'];

function logFinding(telemetry: Telemetry, sweep: Sweep, { id, what, why, kind }: Finding): void {
  if (kind !== undefined) {
    telemetry.info('a repair', { sweep, kind, what, id, why });
    telemetry.count('reconcile_repair', 1, { kind });
  }
  if (what === 'waits_throttled') telemetry.warn('a sweep gives way', { sweep, id });
  if (TO_BE_LOOKED_AT.includes(what)) telemetry.warn('not put right', { sweep, what, id, why });
}
