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

export interface WalkOptions {
  /** No further page is begun after this; milliseconds since the pass began. */
  readonly withinMs: number;
  /**
   * Whether a pass that follows one that gave way goes on where that one stopped, so that what comes late in the list
   * has its turn too. Not where each pass has a shard of its own.
   */
  readonly resumes: boolean;
}

/**
 * Looks at a list page by page for as long as a pass has time and meets no throttle. Either way it returns, so that
 * what has been found is dealt with before the pass ends.
 */
export async function forEachPage<P extends { readonly cursor?: string }>(
  ports: SweepPorts,
  sweep: Sweep,
  { withinMs, resumes }: WalkOptions,
  draft: ReportDraft,
  list: (cursor?: string) => Promise<P>,
  look: (page: P) => Promise<void>,
): Promise<void> {
  let at = resumes ? await resumedAt(ports, sweep) : undefined;
  try {
    for await (const page of pagesOf(list, at)) {
      await look(page);
      at = page.cursor;
      if (at !== undefined && ports.clock.now() - draft.startedAt >= withinMs) {
        draft.gaveWay = true;
        draft.add(sweep, 'waits_turn', 'There is more than one pass has time for: the next one goes on.');
        break;
      }
    }
  } catch (error) {
    if (!isThrottled(error)) throw error;
    giveWay(draft, sweep);
  }
  if (resumes) draft.resumeAt = at;
}

async function resumedAt({ reports }: SweepPorts, sweep: Sweep): Promise<string | undefined> {
  return (await reports.list()).find((report) => report.sweep === sweep)?.resumeAt;
}

/** Walks a list, page by page, from `cursor` on (its beginning when absent) until a page has no cursor. */
export async function* pagesOf<P extends { readonly cursor?: string }>(
  list: (cursor?: string) => Promise<P>,
  cursor?: string,
): AsyncGenerator<P, void> {
  let at = cursor;
  do {
    const page = await list(at);
    yield page;
    at = page.cursor;
  } while (at !== undefined);
}
