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
  'AWS throttled a call. The sweep stopped so that requests of users come first; the next sweep continues.';

/**
 * Runs a sweep and publishes its results: each repair as a log line and as a metric by kind, the totals as metrics, an
 * alarm if the deletion limit was exceeded, and a stored report. The sweep stops at the first throttle, because the rate
 * limits are shared with the requests of users.
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
    // A sweep that stopped early is not counted, so that an alarm can detect a sweep that never completes.
    if (!draft.incomplete) telemetry.count('sweep_completed', 1, { sweep });
  } catch (error) {
    if (isThrottled(error)) {
      markThrottled(draft, sweep);
    } else {
      draft.add(sweep, 'failed', 'The sweep failed; the next one starts from the beginning.');
      telemetry.error('sweep failed', { sweep }, error);
      telemetry.count('sweep_aborted', 1, { sweep });
    }
  }
  const report = draft.end(ports.clock.now());
  for (const kind of ['deleted', 'quarantined', 'waiting', 'failed'] as const) {
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
  await storeReport(ports, report);
  return report;
}

/** A report that has no space is only logged: what the sweep did remains done, and the next one reports again. */
async function storeReport({ reports, telemetry }: SweepPorts, report: ReconcileReport): Promise<void> {
  try {
    await reports.add(report);
  } catch (error) {
    if (!(error instanceof PortError) || error.kind !== 'no_space') throw error;
    telemetry.warn('no space for the report of a sweep', { sweep: report.sweep });
  }
}

/** Marks the sweep as stopped early by a throttle; the next one continues at `draft.resumeCursor`. */
export function markThrottled(draft: ReportDraft, sweep: Sweep): void {
  draft.incomplete = true;
  draft.add(sweep, 'throttled', THROTTLED_MESSAGE);
}

/** Whether AWS refused the call because of its rate, before it had an effect. */
export function isThrottled(error: unknown): boolean {
  return error instanceof PortError && error.kind === 'throttled';
}

/** Findings that an operator must check. They are logged, because a report drops findings above FINDINGS_MAX. */
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
  /** No further page is read after this time; milliseconds since the sweep began. */
  readonly withinMs: number;
  /**
   * Whether a sweep continues where the previous one stopped early, so that the end of the list is reached. False if each
   * sweep has its own shard.
   */
  readonly resumable: boolean;
}

/**
 * Reads a list page by page until its end, a throttle, or the time limit. It always returns, so that the sweep handles
 * what it has found so far.
 */
export async function forEachPage<P extends { readonly cursor?: string }>(
  ports: SweepPorts,
  sweep: Sweep,
  { withinMs, resumable }: PagingOptions,
  draft: ReportDraft,
  list: (cursor?: string) => Promise<P>,
  handlePage: (page: P) => Promise<void>,
): Promise<void> {
  let cursor = resumable ? (await readLastReport(ports, sweep))?.resumeCursor : undefined;
  try {
    for await (const page of pagesOf(list, cursor)) {
      await handlePage(page);
      cursor = page.cursor;
      if (cursor !== undefined && ports.clock.now() - draft.startedAt >= withinMs) {
        draft.incomplete = true;
        draft.add(sweep, 'deferred', 'The time of the sweep was used up; the next sweep continues.');
        break;
      }
    }
  } catch (error) {
    if (!isThrottled(error)) throw error;
    markThrottled(draft, sweep);
  }
  if (resumable) draft.resumeCursor = cursor;
}

/** The newest report of the sweep; undefined if it is not among the newest reports of all sweeps. */
export async function readLastReport(
  { reports }: Pick<SweepPorts, 'reports'>,
  sweep: Sweep,
): Promise<ReconcileReport | undefined> {
  return (await reports.list()).find((report) => report.sweep === sweep);
}

/** Yields the pages of a list from `firstCursor` on (from its beginning if absent), until a page has no cursor. */
export async function* pagesOf<P extends { readonly cursor?: string }>(
  list: (cursor?: string) => Promise<P>,
  firstCursor?: string,
): AsyncGenerator<P, void> {
  let cursor = firstCursor;
  do {
    const page = await list(cursor);
    yield page;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
