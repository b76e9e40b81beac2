import type { Clock } from '../ports/clock.ts';
import { PortError } from '../ports/port-error.ts';
import type { ReportStore } from '../ports/report-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Finding, type ReconcileReport, type Repair, ReportDraft, type Sweep } from './report.ts';

/** A sweep may always remove this many things… */
export const REMOVE_MAX = 5;
/** …and never more than this share of what it found. */
export const REMOVE_SHARE = 0.05;

/** How long what nobody wants is left alone after it was made: its record may only be on its way. */
export interface SweepSettings {
  /** Milliseconds. @default 15 minutes */
  readonly graceMs: number;
}

export interface SweepPorts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly reports: ReportStore;
}

/** Something of ours in the cloud that no record wants. */
export interface Orphan {
  readonly id: string;
  /** When it was made, milliseconds since 1970, where known. */
  readonly madeAt: number | undefined;
  readonly why: string;
  readonly remove: () => Promise<'removed' | 'quarantined'>;
}

const GAVE_WAY =
  'The cloud takes no more calls just now, and requests of users go first: the next pass goes on.';

/**
 * Removes orphans, except the young, and except all of them when they are suspiciously many: a table restored
 * from a backup, or the wrong table, must not become a massacre.
 */
export async function removeOrphans(
  ports: SweepPorts,
  { graceMs }: SweepSettings,
  kind: Repair,
  orphans: readonly Orphan[],
  draft: ReportDraft,
): Promise<void> {
  // Old enough when its record was looked for: a sweep may have been frozen since, and an index may not have known
  // the record then.
  const now = draft.startedAt;
  const old = orphans.filter(({ madeAt }) => madeAt === undefined || now - madeAt >= graceMs);
  for (const young of orphans.filter((orphan) => !old.includes(orphan))) {
    draft.note(young.id, 'waits_young', young.why);
  }
  if (old.length > Math.max(REMOVE_MAX, draft.lookedAt * REMOVE_SHARE)) {
    for (const { id, why } of old) draft.note(id, 'waits_too_many', why);
    return;
  }
  let givesWay = false;
  for (const { id, why, remove } of old) {
    try {
      if (givesWay) draft.note(id, 'waits_throttled', why);
      else draft.note(id, await remove(), why, kind);
    } catch (error) {
      givesWay = isThrottled(error);
      draft.note(id, givesWay ? 'waits_throttled' : 'failed', why);
      if (!givesWay) ports.telemetry.error('an orphan could not be removed', { id }, error);
    }
  }
}

/**
 * Runs a sweep and tells what came of it: each repair as a line and in a metric by its kind, the whole as
 * metrics, as an alarm, and as a report that is kept. At the first throttle it gives way: what is shared with
 * the requests of users is theirs.
 */
export async function reported(
  ports: SweepPorts,
  sweep: Sweep,
  run: (draft: ReportDraft) => Promise<void>,
): Promise<ReconcileReport> {
  const { telemetry } = ports;
  const draft = new ReportDraft(sweep, ports.clock.now(), (finding) => tell(telemetry, sweep, finding));
  try {
    await run(draft);
  } catch (error) {
    if (isThrottled(error)) {
      draft.gaveWay = true;
      draft.note(sweep, 'waits_throttled', GAVE_WAY);
    } else {
      draft.note(sweep, 'failed', 'The sweep ended early; the next one begins anew.');
      telemetry.error('a sweep ended early', { sweep }, error);
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

/** A call was refused before anything happened, for want of throughput. */
export function isThrottled(error: unknown): boolean {
  return error instanceof PortError && error.kind === 'throttled';
}

function tell(telemetry: Telemetry, sweep: Sweep, { id, what, why, kind }: Finding): void {
  if (kind !== undefined) {
    telemetry.info('a repair', { sweep, kind, what, id, why });
    telemetry.count('reconcile_repair', 1, { kind });
  }
  if (what === 'waits_throttled') telemetry.warn('a sweep gives way', { sweep, id });
}
