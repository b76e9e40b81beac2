import type { Clock } from '../ports/clock.ts';
import type { ReportStore } from '../ports/report-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type ReconcileReport, ReportDraft, type Sweep } from './report.ts';

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

/**
 * Removes orphans, except the young, and except all of them when they are suspiciously many: a table restored
 * from a backup, or the wrong table, must not become a massacre.
 */
export async function removeOrphans(
  ports: SweepPorts,
  { graceMs }: SweepSettings,
  orphans: readonly Orphan[],
  draft: ReportDraft,
): Promise<void> {
  const now = ports.clock.now();
  const old = orphans.filter(({ madeAt }) => madeAt === undefined || now - madeAt >= graceMs);
  for (const young of orphans.filter((orphan) => !old.includes(orphan))) {
    draft.note(young.id, 'waits_young', young.why);
  }
  if (old.length > Math.max(REMOVE_MAX, draft.lookedAt * REMOVE_SHARE)) {
    for (const { id, why } of old) draft.note(id, 'waits_too_many', why);
    return;
  }
  for (const { id, why, remove } of old) {
    try {
      draft.note(id, await remove(), why);
    } catch (error) {
      draft.note(id, 'failed', why);
      ports.telemetry.error('an orphan could not be removed', { id }, error);
    }
  }
}

/** Runs a sweep and tells what came of it: as metrics, as an alarm, and as a report that is kept. */
export async function reported(
  ports: SweepPorts,
  sweep: Sweep,
  run: (draft: ReportDraft) => Promise<void>,
): Promise<ReconcileReport> {
  const draft = new ReportDraft(sweep, ports.clock.now());
  try {
    await run(draft);
  } catch (error) {
    draft.note(sweep, 'failed', 'The sweep ended early; the next one begins anew.');
    ports.telemetry.error('a sweep ended early', { sweep }, error);
  }
  const report = draft.end(ports.clock.now());
  for (const kind of ['repaired', 'removed', 'quarantined', 'waiting', 'failed'] as const) {
    if (report[kind] > 0) ports.telemetry.count(`reconcile_${kind}`, report[kind], { sweep });
  }
  if (report.alarm) {
    ports.telemetry.error('a sweep wants to remove suspiciously much and removed nothing', {
      sweep,
      waiting: report.waiting,
      lookedAt: report.lookedAt,
    });
    ports.telemetry.count('reconcile_alarm', 1, { sweep });
  }
  await ports.reports.add(report);
  return report;
}
