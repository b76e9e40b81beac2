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

const THROTTLED_MESSAGE =
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
    if (!draft.incomplete) telemetry.count('sweep_completed', 1, { sweep });
  } catch (error) {
    if (isThrottled(error)) {
      markThrottled(draft, sweep);
    } else {
      draft.add(sweep, 'failed', 'The sweep ended early; the next one begins anew.');
      telemetry.error('sweep failed', { sweep }, error);
      telemetry.count('sweep_aborted', 1, { sweep });
    }
  }
  const report = draft.end(ports.clock.now());
  for (const kind of ['repaired', 'deleted', 'quarantined', 'waiting', 'failed'] as const) {
    if (report[kind] > 0) telemetry.count(`sweep_${kind}`, report[kind], { sweep });
  }
  if (report.alarm) {
    telemetry.error('deletion limit exceeded, nothing deleted', {
      sweep,
      waiting: report.waiting,
      checked: report.checked,
    });
    telemetry.count('deletion_limit_exceeded', 1, { sweep });
  }
  await ports.reports.add(report);
  return report;
}

/** Ends a pass for the requests of users; the next one goes on where `draft.resumeCursor` says. */
export function markThrottled(draft: ReportDraft, sweep: Sweep): void {
  draft.incomplete = true;
  draft.add(sweep, 'throttled', THROTTLED_MESSAGE);
}

/** A call was refused before anything happened, for want of throughput. */
export function isThrottled(error: unknown): boolean {
  return error instanceof PortError && error.kind === 'throttled';
}

/** What somebody has to look at: the report has no room for all of it. */
const NEEDS_ATTENTION: readonly Finding['what'][] = ['failed', 'over_deletion_limit', 'record_unreadable'];

function logFinding(telemetry: Telemetry, sweep: Sweep, { id, what, why, kind }: Finding): void {
  if (kind !== undefined) {
    telemetry.info('difference repaired', { sweep, kind, what, id, why });
    telemetry.count('repair', 1, { kind });
  }
  if (what === 'throttled') telemetry.warn('sweep throttled', { sweep, id });
  if (NEEDS_ATTENTION.includes(what)) telemetry.warn('difference not repaired', { sweep, what, id, why });
}

export interface PagingOptions {
  /** No further page is begun after this; milliseconds since the pass began. */
  readonly withinMs: number;
  /**
   * Whether a pass that follows one that gave way goes on where that one stopped, so that what comes late in the list
   * has its turn too. Not where each pass has a shard of its own.
   */
  readonly resumable: boolean;
}

/**
 * Looks at a list page by page for as long as a pass has time and meets no throttle. Either way it returns, so that
 * what has been found is dealt with before the pass ends.
 */
export async function forEachPage<P extends { readonly cursor?: string }>(
  ports: SweepPorts,
  sweep: Sweep,
  { withinMs, resumable }: PagingOptions,
  draft: ReportDraft,
  list: (cursor?: string) => Promise<P>,
  look: (page: P) => Promise<void>,
): Promise<void> {
  let at = resumable ? await readResumeCursor(ports, sweep) : undefined;
  try {
    for await (const page of pagesOf(list, at)) {
      await look(page);
      at = page.cursor;
      if (at !== undefined && ports.clock.now() - draft.startedAt >= withinMs) {
        draft.incomplete = true;
        draft.add(sweep, 'deferred', 'There is more than one pass has time for: the next one goes on.');
        break;
      }
    }
  } catch (error) {
    if (!isThrottled(error)) throw error;
    markThrottled(draft, sweep);
  }
  if (resumable) draft.resumeCursor = at;
}

async function readResumeCursor({ reports }: SweepPorts, sweep: Sweep): Promise<string | undefined> {
  return (await reports.list()).find((report) => report.sweep === sweep)?.resumeCursor;
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
